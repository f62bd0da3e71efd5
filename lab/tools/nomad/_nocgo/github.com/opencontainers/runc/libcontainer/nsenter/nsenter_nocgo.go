//go:build linux && !cgo

// Package nsenter is C code by which Nomad's exec and java drivers enter a task's namespaces. The docker
// driver leaves that to the Docker daemon, so without a C compiler Nomad lacks these two drivers only.
package nsenter
