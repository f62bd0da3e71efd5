package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// command: scripts run here or over SSH when a resource is created, updated and deleted.
type command struct{ noFunctions }

func newCommand() backend { return command{} }

func (command) kind(token tokens.Type) kind {
	switch token {
	case "command:local:Command":
		return script{plainKind{replaceOn: []string{"triggers"}}, runLocal}
	case "command:remote:Command":
		return script{plainKind{[]string{"connection"}, []string{"triggers"}}, runRemote}
	}
	return nil
}

// script is a Command: one of three command lines, and what the last of them printed. It has nothing to read back.
type script struct {
	plainKind
	run func(ctx context.Context, line string, r *request, io streams) error
}

// streams is what a command line reads and writes.
type streams struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	environment    map[string]string
	failed         func(error) error // adds the command line and its output to an error
}

func (k script) create(ctx context.Context, r *request) (string, resource.PropertyMap, error) {
	id, err := resource.NewUniqueHex(r.urn.Name(), 8, 0)
	if err != nil {
		return "", nil, err
	}
	if r.preview {
		return "", with(r.inputs, resource.PropertyMap{"stdout": unknown(), "stderr": unknown()}), nil
	}
	state, err := k.execute(ctx, r, "create")
	return id, state, err
}

func (k script) update(ctx context.Context, r *request) (resource.PropertyMap, error) {
	if r.preview {
		return with(r.inputs, resource.PropertyMap{"stdout": unknown(), "stderr": unknown()}), nil
	}
	line := resource.PropertyKey("update")
	if !r.inputs.HasValue(line) {
		line = "create"
	}
	return k.execute(ctx, r, line)
}

func (k script) delete(ctx context.Context, r *request) error {
	r.inputs = r.state
	_, err := k.execute(ctx, r, "delete")
	return err
}

func (k script) execute(ctx context.Context, r *request, which resource.PropertyKey) (resource.PropertyMap, error) {
	previous := resource.PropertyMap{
		"stdout": resource.NewStringProperty(text(r.state, "stdout")),
		"stderr": resource.NewStringProperty(text(r.state, "stderr")),
	}
	if !r.inputs.HasValue(which) {
		return with(r.inputs, previous), nil
	}
	line := text(r.inputs, which)
	s := streams{environment: textMap(r.inputs, "environment")}
	if stdin := text(r.inputs, "stdin"); stdin != "" {
		s.stdin = strings.NewReader(stdin)
	}
	if flag(r.inputs, "addPreviousOutputInEnv", true) {
		for name, value := range map[string]string{"PULUMI_COMMAND_STDOUT": "stdout", "PULUMI_COMMAND_STDERR": "stderr"} {
			if output := text(previous, resource.PropertyKey(value)); output != "" {
				s.environment[name] = output
			}
		}
	}
	var stdout, stderr, both bytes.Buffer
	logOut, logErr, flush := progress(r, text(r.inputs, "logging"))
	shared := &locked{w: &both} // a remote session writes both streams at once
	s.stdout, s.stderr = io.MultiWriter(&stdout, shared, logOut), io.MultiWriter(&stderr, shared, logErr)
	s.failed = func(err error) error {
		if err == nil {
			return nil
		}
		return fmt.Errorf("%w: running %q:\n%s", err, line, both.String())
	}
	err := k.run(ctx, line, r, s)
	flush()
	if err != nil {
		return nil, err
	}
	return with(r.inputs, resource.PropertyMap{
		"stdout": resource.NewStringProperty(strings.TrimSuffix(stdout.String(), "\n")),
		"stderr": resource.NewStringProperty(strings.TrimSuffix(stderr.String(), "\n")),
	}), nil
}

type locked struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

// progress shows output line by line beside the resource, as far as `logging` allows. It shares the published
// plugin's trap that a line of 64 KiB ends the scan, after which the command blocks on its next write.
func progress(r *request, logging string) (stdout, stderr io.Writer, flush func()) {
	reader, writer := io.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for lines := bufio.NewScanner(reader); lines.Scan(); {
			r.status(lines.Text())
		}
	}()
	pick := func(wanted string) io.Writer {
		if logging == "" || logging == "stdoutAndStderr" || logging == wanted {
			return writer
		}
		return io.Discard
	}
	return pick("stdout"), pick("stderr"), func() { writer.Close(); <-done }
}

func runLocal(ctx context.Context, line string, r *request, s streams) error {
	interpreter := strs(r.inputs, "interpreter")
	if len(interpreter) == 0 {
		interpreter = []string{"/bin/sh", "-c"}
	}
	cmd := exec.CommandContext(ctx, interpreter[0], append(interpreter[1:], line)...)
	cmd.Dir = text(r.inputs, "dir")
	cmd.Env = os.Environ()
	for name, value := range s.environment {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = s.stdin, s.stdout, s.stderr
	return s.failed(cmd.Run())
}

func runRemote(ctx context.Context, line string, r *request, s streams) error {
	client, err := dial(ctx, r, object(r.inputs, "connection"))
	if err != nil {
		return err
	}
	defer client.Close()
	session, err := client.NewSession()
	if err != nil {
		return err
	}
	defer session.Close()
	for name, value := range s.environment {
		if err := session.Setenv(name, value); err != nil {
			// Most servers accept no variables. The program's own are needed, the previous output is not.
			if strings.HasPrefix(name, "PULUMI_COMMAND_") {
				r.log(diag.Warning, fmt.Sprintf("Unable to set '%s'. This only works if your SSH server accepts it via AcceptEnv.", name))
				continue
			}
			return fmt.Errorf("could not set environment variable %q: %w", name, err)
		}
	}
	session.Stdin, session.Stdout, session.Stderr = s.stdin, s.stdout, s.stderr
	return s.failed(session.Run(line))
}

func dial(ctx context.Context, r *request, connection resource.PropertyMap) (*ssh.Client, error) {
	config, err := sshConfig(connection)
	if err != nil {
		return nil, err
	}
	address := net.JoinHostPort(text(connection, "host"), strconv.Itoa(int(number(connection, "port", 22))))
	limit, wait := int(number(connection, "dialErrorLimit", 10)), 100*time.Millisecond
	for attempt := 1; ; attempt++ {
		client, err := ssh.Dial("tcp", address, config)
		if err == nil {
			return client, nil
		}
		if limit >= 0 && attempt > limit {
			return nil, fmt.Errorf("after %d failed attempts: %w", attempt-1, err)
		}
		r.status(fmt.Sprintf("Dial %d/%d failed: retrying", attempt, limit))
		select {
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), err)
		case <-time.After(wait):
			wait = min(wait*3/2, 10*time.Second)
		}
	}
}

func sshConfig(connection resource.PropertyMap) (*ssh.ClientConfig, error) {
	config := &ssh.ClientConfig{
		User:            text(connection, "user"),
		HostKeyCallback: ssh.InsecureIgnoreHostKey(), // without hostKey the published plugin trusts any host
		Timeout:         seconds(number(connection, "perDialTimeout", 15)),
	}
	if config.User == "" {
		config.User = "root"
	}
	if hostKey := text(connection, "hostKey"); hostKey != "" {
		key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(hostKey))
		if err != nil {
			return nil, fmt.Errorf("failed to parse host key: %w", err)
		}
		config.HostKeyCallback = ssh.FixedHostKey(key)
	}
	if key := text(connection, "privateKey"); key != "" {
		signer, err := ssh.ParsePrivateKey([]byte(key))
		if password := text(connection, "privateKeyPassword"); password != "" {
			signer, err = ssh.ParsePrivateKeyWithPassphrase([]byte(key), []byte(password))
		}
		if err != nil {
			return nil, err
		}
		config.Auth = append(config.Auth, ssh.PublicKeys(signer))
	}
	if password := text(connection, "password"); password != "" {
		config.Auth = append(config.Auth, ssh.Password(password))
	}
	socket := text(connection, "agentSocketPath")
	if socket == "" {
		socket = os.Getenv("SSH_AUTH_SOCK")
	}
	if socket != "" {
		conn, err := net.Dial("unix", socket)
		if err != nil {
			return nil, err
		}
		config.Auth = append(config.Auth, ssh.PublicKeysCallback(agent.NewClient(conn).Signers))
	}
	return config, nil
}
