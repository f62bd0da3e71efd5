// Offline plugins: stand-ins for four of Pulumi's published provider plugins on a machine that cannot download them.
//
// One program is all four: it looks at the name it was called by. They speak Pulumi's provider protocol to the same
// real back ends and behave as the published plugins do in what this project uses, no more. test/lab/conformance
// states that behaviour case by case and runs against either.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// The engine compares a plugin's version with the one the program's SDK asks for, so each reports that of its model.
var plugins = map[string]struct {
	version string
	backend func() backend
}{
	"pulumi-resource-kubernetes": {"4.32.0", newKubernetes},
	"pulumi-resource-command":    {"1.2.1", newCommand},
	"pulumi-resource-random":     {"4.21.1", newRandom},
	"pulumi-resource-nomad":      {"2.6.1", newNomad},
}

func main() {
	name := filepath.Base(os.Args[0])
	plugin, found := plugins[name]
	if !found {
		fmt.Fprintf(os.Stderr, "%s: call this program as pulumi-resource-{kubernetes,command,random,nomad}\n", name)
		os.Exit(2)
	}
	err := provider.Main(name, func(host *provider.HostClient) (pulumirpc.ResourceProviderServer, error) {
		return newServer(host, name, plugin.version, plugin.backend()), nil
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
