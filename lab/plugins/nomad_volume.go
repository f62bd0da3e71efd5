package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// volume is storage that Nomad gives to jobs, of one of two kinds.
type volume struct {
	plainKind
	*nomad
	api volumeAPI
}

// volumeAPI is where the two differ. "%s" stands for the volume's id.
type volumeAPI struct {
	kind, create, remove, unit string
	wrap                       func(volume map[string]any) any
}

func several(volume map[string]any) any { return map[string]any{"Volumes": []any{volume}} }

var (
	csiVolume  = volumeAPI{"csi", "/v1/volume/csi/%s/create", "/v1/volume/csi/%s/delete", "", several}
	hostVolume = volumeAPI{"host", "/v1/volume/host/create", "/v1/volume/host/%s/delete", "Bytes",
		func(volume map[string]any) any { return map[string]any{"Volume": volume} }}
)

func at(path, id string) string { return strings.Replace(path, "%s", url.PathEscape(id), 1) }

func (v volume) id(inputs resource.PropertyMap, current string) string {
	if v.api.kind == "csi" {
		return text(inputs, "volumeId")
	}
	return current // Nomad gives host volumes their ids
}

func (v volume) body(inputs resource.PropertyMap, id string) (map[string]any, error) {
	m := plainMap(inputs)
	body := map[string]any{
		"ID": id, "Name": m["name"], "Namespace": m["namespace"], "PluginID": m["pluginId"], "CloneID": m["cloneId"], "SnapshotID": m["snapshotId"], "Parameters": m["parameters"],
		"Secrets": m["secrets"], "NodeID": m["nodeId"], "NodePool": m["nodePool"],
	}
	if m["name"] == nil {
		body["Name"] = id
	}
	for field, key := range map[string]resource.PropertyKey{"Min": "capacityMin", "Max": "capacityMax"} {
		size, err := parseSize(text(inputs, key))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		if size > 0 {
			body["RequestedCapacity"+field+v.api.unit] = size
		}
	}
	var capabilities, constraints []any
	for _, c := range list(m["capabilities"]) {
		capabilities = append(capabilities, map[string]any{"AccessMode": c["accessMode"], "AttachmentMode": c["attachmentMode"]})
	}
	for _, c := range list(m["constraints"]) {
		constraints = append(constraints, map[string]any{"LTarget": c["attribute"], "Operand": c["operator"], "RTarget": c["value"]})
	}
	body["RequestedCapabilities"], body["Constraints"] = capabilities, constraints
	if options := object(inputs, "mountOptions"); options != nil {
		body["MountOptions"] = map[string]any{"FSType": text(options, "fsType"), "MountFlags": strs(options, "mountFlags")}
	}
	if request := object(inputs, "topologyRequest"); request != nil {
		topologies := map[string]any{}
		for field, key := range map[string]resource.PropertyKey{"Required": "required", "Preferred": "preferred"} {
			var segments []any
			for _, t := range list(plain(object(request, key)["topologies"])) {
				segments = append(segments, map[string]any{"Segments": t["segments"]})
			}
			topologies[field] = segments
		}
		body["RequestedTopologies"] = topologies
	}
	for key, value := range body {
		if value == nil {
			delete(body, key)
		}
	}
	return body, nil
}

// parseSize reads "10GiB" and "10GB" alike sizes in bytes.
func parseSize(size string) (int64, error) {
	if size == "" {
		return 0, nil
	}
	digits := strings.TrimRight(size, "kKMGTPiBb ")
	amount, err := strconv.ParseFloat(digits, 64)
	if err != nil {
		return 0, err
	}
	unit, base := strings.TrimSpace(size[len(digits):]), 1000.0
	if strings.Contains(unit, "i") {
		base = 1024
	}
	for range strings.Index("BKMGTP", strings.ToUpper((unit + "B")[:1])) {
		amount *= base
	}
	return int64(amount), nil
}

func (v volume) create(ctx context.Context, r *request) (string, resource.PropertyMap, error) {
	state, err := v.update(ctx, r)
	return r.id, state, err
}

func (v volume) update(ctx context.Context, r *request) (resource.PropertyMap, error) {
	if r.preview {
		outputs := resource.PropertyMap{}
		for _, key := range []resource.PropertyKey{"capacity", "capacityBytes", "capacityMaxBytes", "capacityMinBytes", "controllersExpected",
			"controllersHealthy", "externalId", "hostPath", "nodesExpected", "nodesHealthy", "schedulable", "state", "topologies"} {
			outputs[key] = unknown()
		}
		return with(outputs, r.inputs), nil
	}
	r.id = v.id(r.inputs, r.id)
	body, err := v.body(r.inputs, r.id)
	if err != nil {
		return nil, err
	}
	var answer struct{ Volume struct{ ID string } }
	err = v.call(ctx, http.MethodPut, at(v.api.create, r.id), map[string]string{"namespace": text(r.inputs, "namespace")}, v.api.wrap(body), &answer)
	if err != nil {
		return nil, fmt.Errorf("error creating volume: %w", err)
	}
	if r.id == "" {
		r.id = answer.Volume.ID
	}
	var live specification
	err = poll(ctx, r.timeoutOr(5*time.Minute), func(ctx context.Context) (bool, error) {
		err := v.call(ctx, http.MethodGet, "/v1/volume/"+v.api.kind+"/"+url.PathEscape(r.id), map[string]string{"namespace": text(r.inputs, "namespace")}, nil, &live)
		return v.api.kind == "csi" || live.text("State", "") == "ready", err
	})
	state := v.state(r.inputs, live)
	if err != nil {
		return nil, &initFailed{id: r.id, state: state, inputs: r.inputs, summary: fmt.Sprintf("volume %q did not become ready: %v", r.id, err)}
	}
	return state, nil
}

func (v volume) state(inputs resource.PropertyMap, live specification) resource.PropertyMap {
	outputs := map[string]any{
		"name": live["Name"], "namespace": live.namespace(), "capacity": live["Capacity"], "schedulable": live["Schedulable"],
		"externalId": live["ExternalID"], "controllerRequired": live["ControllerRequired"], "pluginProvider": live["Provider"],
		"pluginProviderVersion": live["ProviderVersion"], "controllersHealthy": live["ControllersHealthy"],
		"controllersExpected": live["ControllersExpected"], "nodesHealthy": live["NodesHealthy"], "nodesExpected": live["NodesExpected"],
		"nodeId": live["NodeID"], "nodePool": live["NodePool"], "hostPath": live["HostPath"], "state": live["State"],
		"capacityBytes": live["CapacityBytes"], "topologies": []any{},
	}
	if bytes, ok := live["CapacityBytes"].(float64); ok && v.api.kind == "host" {
		outputs["capacity"] = strconv.FormatFloat(bytes, 'f', 0, 64)
	}
	for key, value := range outputs {
		if value == nil {
			delete(outputs, key)
		}
	}
	state := with(inputs, properties(outputs))
	if secrets, found := state["secrets"]; found {
		state["secrets"] = resource.MakeSecret(open(secrets))
	}
	return state
}

func (v volume) read(ctx context.Context, r *request) (string, resource.PropertyMap, resource.PropertyMap, error) {
	id, namespace := r.id, text(r.state, "namespace")
	if len(r.state) == 0 {
		id, namespace, _ = strings.Cut(r.id, "@")
	}
	var live specification
	err := v.call(ctx, http.MethodGet, "/v1/volume/"+v.api.kind+"/"+url.PathEscape(id), map[string]string{"namespace": namespace}, nil, &live)
	if missing(err) {
		return "", nil, nil, nil
	} else if err != nil {
		return "", nil, nil, err
	}
	return id, r.oldInputs, with(r.state, v.state(r.oldInputs, live)), nil
}

func (v volume) delete(ctx context.Context, r *request) error {
	if !flag(r.state, "deregisterOnDestroy", true) {
		return nil
	}
	err := v.call(ctx, http.MethodDelete, at(v.api.remove, r.id), map[string]string{"namespace": text(r.state, "namespace")}, nil, nil)
	if err != nil && !missing(err) {
		return fmt.Errorf("error deleting volume: %w", err)
	}
	return nil
}
