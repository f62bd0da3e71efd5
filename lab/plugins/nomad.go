package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
)

// nomad talks to Nomad's HTTP API.
type nomad struct {
	address, region, token string
	headers                http.Header
	http                   *http.Client
}

func newNomad() backend { return &nomad{} }

func (n *nomad) configure(_ context.Context, config resource.PropertyMap) error {
	var ignored map[string]bool
	if err := decode(config, "ignoreEnvVars", &ignored); err != nil {
		return err
	}
	setting := func(key resource.PropertyKey, variable, fallback string) string {
		if value := text(config, key); value != "" {
			return value
		}
		if value := os.Getenv(variable); value != "" && !ignored[variable] {
			return value
		}
		return fallback
	}
	n.address = strings.TrimSuffix(setting("address", "NOMAD_ADDR", "http://127.0.0.1:4646"), "/")
	n.region, n.token = setting("region", "NOMAD_REGION", ""), setting("secretId", "NOMAD_TOKEN", "")
	var headers []struct{ Name, Value string }
	if err := decode(config, "headers", &headers); err != nil {
		return err
	}
	n.headers = http.Header{}
	for _, header := range headers {
		n.headers.Add(header.Name, header.Value)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{InsecureSkipVerify: flag(config, "skipVerify", false)} //nolint:gosec // asked for
	n.http = &http.Client{Transport: transport}
	return nil
}

// decode reads a setting that is not a string: the SDK sends it as JSON in one.
func decode(config resource.PropertyMap, key resource.PropertyKey, into any) error {
	value := plain(config[key])
	encoded, isText := value.(string)
	if !isText {
		bytes, err := json.Marshal(value)
		if err != nil {
			return err
		}
		encoded = string(bytes)
	}
	if encoded == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(encoded), into); err != nil {
		return fmt.Errorf("provider setting %s: %w", key, err)
	}
	return nil
}

// diffConfig: a new address does not make the jobs other jobs.
func (*nomad) diffConfig(_, _ resource.PropertyMap) []string { return nil }

func (n *nomad) kind(token tokens.Type) kind {
	switch token {
	case "nomad:index/job:Job":
		return job{plainKind{required: []string{"jobspec"}}, n}
	case "nomad:index/csiVolume:CsiVolume":
		return volume{plainKind{[]string{"volumeId", "pluginId", "capabilities"},
			[]string{"capabilities", "cloneId", "namespace", "pluginId", "snapshotId", "topologyRequest", "volumeId"}}, n, csiVolume}
	case "nomad:index/dynamicHostVolume:DynamicHostVolume":
		return volume{plainKind{[]string{"pluginId", "capabilities"}, []string{"nodeId", "name", "namespace"}}, n, hostVolume}
	case "nomad:index/variable:Variable":
		return variable{plainKind{[]string{"path"}, []string{"path", "namespace"}}, n}
	}
	return nil
}

type statusError struct {
	code int
	text string
}

func (e *statusError) Error() string {
	return fmt.Sprintf("Unexpected response code: %d (%s)", e.code, e.text)
}

func missing(err error) bool {
	var status *statusError
	return errors.As(err, &status) && status.code == http.StatusNotFound
}

// call sends in and decodes the answer into out; either may be nil. Empty query values are left out.
func (n *nomad) call(ctx context.Context, method, path string, query map[string]string, in, out any) error {
	values := url.Values{}
	if n.region != "" {
		values.Set("region", n.region)
	}
	for key, value := range query {
		if value != "" {
			values.Set(key, value)
		}
	}
	var body io.Reader
	if in != nil {
		encoded, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(encoded)
	}
	req, err := http.NewRequestWithContext(ctx, method, n.address+path+"?"+values.Encode(), body)
	if err != nil {
		return err
	}
	req.Header = n.headers.Clone()
	if n.token != "" {
		req.Header.Set("X-Nomad-Token", n.token)
	}
	response, err := n.http.Do(req)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode/100 != 2 {
		return &statusError{response.StatusCode, strings.TrimSpace(string(answer))}
	}
	if out == nil || len(answer) == 0 {
		return nil
	}
	return json.Unmarshal(answer, out)
}

// poll asks until it has an answer, the time is over or the engine cancels.
func poll(ctx context.Context, timeout time.Duration, ask func(ctx context.Context) (done bool, err error)) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	for {
		done, err := ask(ctx)
		if done || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("timeout while waiting (%s)", timeout)
		case <-time.After(time.Second):
		}
	}
}

func (n *nomad) invoke(ctx context.Context, token string, args resource.PropertyMap) (resource.PropertyMap, error) {
	switch token {
	case "nomad:index/getPlugin:getPlugin":
		return n.getPlugin(ctx, args)
	case "nomad:index/getAllocations:getAllocations":
		return n.getAllocations(ctx, args)
	}
	return nil, fmt.Errorf("function %s is not part of this offline plugin", token)
}

func (n *nomad) getPlugin(ctx context.Context, args resource.PropertyMap) (resource.PropertyMap, error) {
	var plugin struct {
		ID, Provider, Version                                                string
		ControllerRequired                                                   bool
		ControllersHealthy, ControllersExpected, NodesHealthy, NodesExpected int
		Nodes                                                                map[string]struct {
			Healthy           bool
			HealthDescription string
		}
	}
	id := text(args, "pluginId")
	err := poll(ctx, 5*time.Minute, func(ctx context.Context) (bool, error) {
		err := n.call(ctx, http.MethodGet, "/v1/plugin/csi/"+url.PathEscape(id), nil, nil, &plugin)
		if missing(err) && flag(args, "waitForRegistration", false) {
			return false, nil
		}
		healthy := plugin.ControllersHealthy >= plugin.ControllersExpected && plugin.NodesHealthy >= plugin.NodesExpected
		return healthy || !flag(args, "waitForHealthy", false), err
	})
	if err != nil {
		return nil, fmt.Errorf("error checking for plugin %q: %w", id, err)
	}
	nodes := []any{}
	for name, node := range plugin.Nodes {
		nodes = append(nodes, map[string]any{"name": name, "healthy": node.Healthy, "healthyDescription": node.HealthDescription})
	}
	return with(args, properties(map[string]any{
		"id": id, "pluginProvider": plugin.Provider, "pluginProviderVersion": plugin.Version,
		"controllerRequired": plugin.ControllerRequired, "controllersHealthy": plugin.ControllersHealthy,
		"controllersExpected": plugin.ControllersExpected, "nodesHealthy": plugin.NodesHealthy,
		"nodesExpected": plugin.NodesExpected, "nodes": nodes,
	})), nil
}

func (n *nomad) getAllocations(ctx context.Context, args resource.PropertyMap) (resource.PropertyMap, error) {
	var found []map[string]any
	query := map[string]string{"filter": text(args, "filter"), "namespace": text(args, "namespace"), "prefix": text(args, "prefix")}
	if err := n.call(ctx, http.MethodGet, "/v1/allocations", query, nil, &found); err != nil {
		return nil, fmt.Errorf("error querying allocations: %w", err)
	}
	allocations := []any{}
	for _, a := range found {
		allocations = append(allocations, map[string]any{
			"id": a["ID"], "evalId": a["EvalID"], "name": a["Name"], "namespace": a["Namespace"], "nodeId": a["NodeID"],
			"nodeName": a["NodeName"], "jobId": a["JobID"], "jobType": a["JobType"], "jobVersion": a["JobVersion"],
			"taskGroup": a["TaskGroup"], "desiredStatus": a["DesiredStatus"], "clientStatus": a["ClientStatus"],
			"followupEvalId": a["FollowupEvalID"], "nextAllocation": a["NextAllocation"],
			"preemptedByAllocation": a["PreemptedByAllocation"], "createIndex": a["CreateIndex"],
			"modifyIndex": a["ModifyIndex"], "createTime": a["CreateTime"], "modifyTime": a["ModifyTime"],
		})
	}
	return with(args, properties(map[string]any{"id": "allocations", "allocations": allocations})), nil
}

// variable is a Nomad Variable: encrypted key-value pairs that a job may read.
type variable struct {
	plainKind
	*nomad
}

func (v variable) namespace(m resource.PropertyMap) string {
	if namespace := text(m, "namespace"); namespace != "" {
		return namespace
	}
	return "default"
}

// diff leaves write-only items out: only their version says that they changed.
func (v variable) diff(ctx context.Context, r *request) (*difference, error) {
	d, err := v.plainKind.diff(ctx, r)
	delete(d.paths, "itemsWo")
	return d, err
}

func (v variable) create(ctx context.Context, r *request) (string, resource.PropertyMap, error) {
	state, err := v.update(ctx, r)
	return text(r.inputs, "path") + "@" + v.namespace(r.inputs), state, err
}

func (v variable) update(ctx context.Context, r *request) (resource.PropertyMap, error) {
	state := with(r.inputs, resource.PropertyMap{"namespace": resource.NewStringProperty(v.namespace(r.inputs))})
	delete(state, "itemsWo")
	if items, found := state["items"]; found {
		state["items"] = resource.MakeSecret(open(items))
	}
	if r.preview {
		return state, nil
	}
	items := textMap(r.inputs, "items")
	if writeOnly := text(r.inputs, "itemsWo"); writeOnly != "" {
		if err := json.Unmarshal([]byte(writeOnly), &items); err != nil {
			return nil, fmt.Errorf("itemsWo: %w", err)
		}
	}
	path, namespace := text(r.inputs, "path"), v.namespace(r.inputs)
	err := v.call(ctx, http.MethodPut, "/v1/var/"+path, map[string]string{"namespace": namespace},
		map[string]any{"Path": path, "Namespace": namespace, "Items": items}, nil)
	if err != nil {
		return nil, fmt.Errorf("error creating variable: %w", err)
	}
	return state, nil
}

func (v variable) read(ctx context.Context, r *request) (string, resource.PropertyMap, resource.PropertyMap, error) {
	path, namespace, _ := strings.Cut(r.id, "@")
	var found struct{ Items map[string]any }
	err := v.call(ctx, http.MethodGet, "/v1/var/"+path, map[string]string{"namespace": namespace}, nil, &found)
	if missing(err) {
		return "", nil, nil, nil
	} else if err != nil {
		return "", nil, nil, err
	}
	live := resource.PropertyMap{"path": resource.NewStringProperty(path)}
	if len(r.oldInputs) == 0 || r.oldInputs.HasValue("items") {
		live["items"] = resource.MakeSecret(resource.NewObjectProperty(properties(found.Items)))
	}
	state := with(r.state, live)
	state["namespace"] = resource.NewStringProperty(namespace)
	return r.id, with(r.oldInputs, live), state, nil
}

func (v variable) delete(ctx context.Context, r *request) error {
	path, namespace, _ := strings.Cut(r.id, "@")
	err := v.call(ctx, http.MethodDelete, "/v1/var/"+path, map[string]string{"namespace": namespace}, nil, nil)
	if missing(err) {
		return nil
	}
	return err
}
