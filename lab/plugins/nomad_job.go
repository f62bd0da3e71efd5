package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// job is a Nomad job, given as its specification in HCL or JSON.
type job struct {
	plainKind
	*nomad
}

// A specification as the API wants it.
type specification map[string]any

func (s specification) text(key, fallback string) string {
	if value, ok := s[key].(string); ok && value != "" {
		return value
	}
	return fallback
}

func (s specification) id() string        { return s.text("ID", "") }
func (s specification) namespace() string { return s.text("Namespace", "default") }

// parse works here, without a server, so that a preview names the line of a mistake.
func parse(ctx context.Context, source string, inputs resource.PropertyMap) (specification, error) {
	encoded := []byte(source)
	if !flag(inputs, "json", false) {
		var err error
		if encoded, err = parseHCL(ctx, source, object(inputs, "hcl2")); err != nil {
			return nil, fmt.Errorf("error parsing jobspec: %w", err)
		}
	}
	var root map[string]json.RawMessage
	if err := json.Unmarshal(encoded, &root); err != nil {
		return nil, fmt.Errorf("error parsing jobspec: %w", err)
	}
	if inner, found := root["Job"]; found {
		encoded = inner
	}
	var parsed specification
	if err := json.Unmarshal(encoded, &parsed); err != nil {
		return nil, fmt.Errorf("error parsing jobspec: %w", err)
	}
	if parsed.id() == "" {
		return nil, errors.New("error parsing jobspec: input JSON is not a valid Nomad jobspec")
	}
	return parsed, nil
}

// Functions that read files are off unless allowFs is set; the command line tool knows no such switch.
var fileFunction = regexp.MustCompile(`(?m)^[^#\n]*\$?\b(abspath|basename|dirname|file|filebase64|fileexists|fileset|pathexpand)\(`)

// parseHCL leaves the parsing to Nomad's own strict parser. Variables from the environment must not slip in.
func parseHCL(ctx context.Context, source string, options resource.PropertyMap) ([]byte, error) {
	if found := fileFunction.FindStringSubmatch(source); found != nil && !flag(options, "allowFs", false) {
		return nil, fmt.Errorf("filesystem function disabled: %s", found[1])
	}
	args := []string{"job", "run", "-output", "-hcl2-strict=true"}
	for name, value := range textMap(options, "vars") {
		args = append(args, "-var", name+"="+value)
	}
	cmd := exec.CommandContext(ctx, "nomad", append(args, "-")...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")}
	var stderr bytes.Buffer
	cmd.Stdin, cmd.Stderr = strings.NewReader(source), &stderr
	output, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = errors.New(strings.TrimSpace(stderr.String()))
		}
		return nil, err
	}
	return output, nil
}

func (j job) check(ctx context.Context, r *request) (resource.PropertyMap, []*pulumirpc.CheckFailure, error) {
	inputs, failures, err := j.plainKind.check(ctx, r)
	if len(failures) == 0 && err == nil && !inputs.ContainsUnknowns() {
		if _, err := parse(ctx, text(inputs, "jobspec"), inputs); err != nil {
			failures = append(failures, &pulumirpc.CheckFailure{Property: "jobspec", Reason: err.Error()})
		}
	}
	return inputs, failures, err
}

func (j job) diff(ctx context.Context, r *request) (*difference, error) {
	d := compare(r.oldInputs, r.inputs)
	if flag(r.inputs, "rerunIfDead", false) && text(r.state, "status") == "dead" {
		d.paths["status"] = &pulumirpc.PropertyDiff{Kind: pulumirpc.PropertyDiff_UPDATE}
	}
	if len(d.paths) == 0 || r.inputs.ContainsUnknowns() {
		return d, nil
	}
	wanted, err := parse(ctx, text(r.inputs, "jobspec"), r.inputs)
	if err != nil {
		return nil, err
	}
	// Only the meaning counts: both texts are read with the new variables.
	if _, changed := d.paths["jobspec"]; changed {
		before, err := parse(ctx, text(r.oldInputs, "jobspec"), r.inputs)
		if err == nil && reflect.DeepEqual(before, wanted) {
			delete(d.paths, "jobspec")
			return d, nil
		}
	}
	switch {
	case wanted.namespace() != text(r.state, "namespace"), wanted.id() != r.id && flag(r.inputs, "deregisterOnIdChange", true):
		d.replace("jobspec")
	case wanted.id() == r.id:
		if index, planned := j.plan(ctx, r, wanted); planned && strconv.FormatUint(index, 10) != text(r.state, "modifyIndex") {
			return nil, errors.New("job modify index has changed since last refresh")
		}
	}
	return d, nil
}

// plan asks the servers what they think of it. That they can't be reached is no reason to fail a preview.
func (j job) plan(ctx context.Context, r *request, spec specification) (modifyIndex uint64, ok bool) {
	var plan struct {
		JobModifyIndex uint64
		Warnings       string
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	body := map[string]any{"Job": spec, "PolicyOverride": flag(r.inputs, "policyOverride", false)}
	if err := j.call(ctx, http.MethodPut, "/v1/job/"+url.PathEscape(spec.id())+"/plan", query(spec), body, &plan); err != nil {
		r.log(diag.Debug, fmt.Sprintf("failed to validate Nomad plan: %v", err))
		return 0, false
	}
	return plan.JobModifyIndex, true
}

func query(spec specification) map[string]string {
	return map[string]string{"namespace": spec.namespace(), "region": spec.text("Region", "")}
}

// What only the servers can tell.
var jobComputed = []resource.PropertyKey{"allocationIds", "createIndex", "deploymentId", "deploymentStatus", "modifyIndex", "stable",
	"status", "statusDescription", "stop", "submitTime", "taskGroups", "version"}

var jobIdentity = []resource.PropertyKey{"datacenters", "name", "namespace", "region", "type"}

// foresee is the state as far as a preview knows it.
func (j job) foresee(ctx context.Context, r *request) (resource.PropertyMap, error) {
	outputs := resource.PropertyMap{}
	for _, key := range jobComputed {
		outputs[key] = unknown()
	}
	if r.inputs.ContainsUnknowns() {
		for _, key := range jobIdentity {
			outputs[key] = unknown()
		}
		return with(r.inputs, outputs), nil
	}
	spec, err := parse(ctx, text(r.inputs, "jobspec"), r.inputs)
	if err != nil {
		return nil, err
	}
	if r.id == "" {
		j.plan(ctx, r, spec)
	}
	return with(r.inputs, with(outputs, describe(spec))), nil
}

func (j job) create(ctx context.Context, r *request) (string, resource.PropertyMap, error) {
	if r.preview {
		state, err := j.foresee(ctx, r)
		return "", state, err
	}
	return j.register(ctx, r)
}

func (j job) update(ctx context.Context, r *request) (resource.PropertyMap, error) {
	if r.preview {
		return j.foresee(ctx, r)
	}
	_, state, err := j.register(ctx, r)
	return state, err
}

func (j job) register(ctx context.Context, r *request) (string, resource.PropertyMap, error) {
	source := text(r.inputs, "jobspec")
	spec, err := parse(ctx, source, r.inputs)
	if err != nil {
		return "", nil, err
	}
	format := "hcl2"
	if flag(r.inputs, "json", false) {
		format = "json"
	}
	var registered struct{ EvalID, Warnings string }
	err = j.call(ctx, http.MethodPut, "/v1/jobs", query(spec), map[string]any{
		"Job": spec, "PolicyOverride": flag(r.inputs, "policyOverride", false), "PreserveCounts": flag(r.inputs, "preserveCounts", false),
		"Submission": map[string]any{"Source": source, "Format": format, "VariableFlags": textMap(object(r.inputs, "hcl2"), "vars")},
	}, &registered)
	if err != nil {
		return "", nil, fmt.Errorf("error applying jobspec: %w", err)
	}
	if registered.Warnings != "" {
		r.log(diag.Warning, registered.Warnings)
	}
	deployment, waitErr := resource.PropertyMap{}, error(nil)
	if !flag(r.inputs, "detach", true) && registered.EvalID != "" {
		deployment, waitErr = j.monitor(ctx, r, registered.EvalID)
	}
	live, err := j.live(ctx, spec.id(), spec.namespace())
	if err != nil {
		return "", nil, errors.Join(waitErr, err)
	}
	state := with(r.inputs, with(deployment, j.outputs(ctx, r.inputs, live)))
	if waitErr != nil {
		return "", nil, &initFailed{id: spec.id(), state: state, inputs: r.inputs, summary: fmt.Sprintf(
			"error waiting for job '%s' to schedule/deploy successfully: %v", spec.id(), waitErr)}
	}
	return spec.id(), state, nil
}

// monitor follows the evaluation to its deployment, if it makes one, and that to its end.
func (j job) monitor(ctx context.Context, r *request, evaluation string) (resource.PropertyMap, error) {
	timeout, started := r.timeoutOr(5*time.Minute), time.Now()
	var eval struct {
		Status, StatusDescription, NextEval, DeploymentID string
		FailedTGAllocs                                    map[string]any
	}
	err := poll(ctx, timeout, func(ctx context.Context) (bool, error) {
		eval.NextEval = ""
		if err := j.call(ctx, http.MethodGet, "/v1/evaluation/"+evaluation, nil, nil, &eval); err != nil {
			return false, err
		}
		switch eval.Status {
		case "complete":
			evaluation = eval.NextEval
			return evaluation == "", nil
		case "failed", "cancelled":
			return false, fmt.Errorf("evaluation failed: %s", eval.StatusDescription)
		}
		return false, nil
	})
	if err != nil {
		return nil, fmt.Errorf("error waiting for evaluation: %w", err)
	}
	if eval.DeploymentID == "" {
		return resource.PropertyMap{}, nil
	}
	var d struct {
		Status, StatusDescription string
		TaskGroups                map[string]struct{ DesiredTotal, HealthyAllocs, UnhealthyAllocs int }
	}
	progress := func() string {
		parts := []string{d.StatusDescription}
		for name, g := range d.TaskGroups {
			parts = append(parts, fmt.Sprintf("%s: %d/%d healthy, %d unhealthy", name, g.HealthyAllocs, g.DesiredTotal, g.UnhealthyAllocs))
		}
		for name := range eval.FailedTGAllocs {
			parts = append(parts, name+": could not be placed")
		}
		return strings.Join(parts, "; ")
	}
	err = poll(ctx, timeout-time.Since(started), func(ctx context.Context) (bool, error) {
		if err := j.call(ctx, http.MethodGet, "/v1/deployment/"+eval.DeploymentID, nil, nil, &d); err != nil {
			return false, err
		}
		r.status(progress())
		switch d.Status {
		case "failed", "cancelled":
			return false, fmt.Errorf("deployment '%s' terminated with status '%s': '%s'", eval.DeploymentID, d.Status, d.StatusDescription)
		}
		return d.Status == "successful", nil
	})
	if err != nil {
		err = fmt.Errorf("error waiting for deployment: %w (%s)", err, progress())
	}
	return resource.PropertyMap{
		"deploymentId":     resource.NewStringProperty(eval.DeploymentID),
		"deploymentStatus": resource.NewStringProperty(d.Status),
	}, err
}

func (j job) live(ctx context.Context, id, namespace string) (specification, error) {
	var live specification
	err := j.call(ctx, http.MethodGet, "/v1/job/"+url.PathEscape(id), map[string]string{"namespace": namespace}, nil, &live)
	return live, err
}

// describe names the outputs that a specification determines.
func describe(s specification) resource.PropertyMap {
	datacenters, _ := s["Datacenters"].([]any)
	return properties(map[string]any{
		"name": s.id(), "namespace": s.namespace(), "type": s.text("Type", "service"), "region": s.text("Region", "global"),
		"datacenters": datacenters,
	})
}

func (j job) outputs(ctx context.Context, inputs resource.PropertyMap, live specification) resource.PropertyMap {
	number := func(key string) float64 { value, _ := live[key].(float64); return value }
	ids := []any{}
	if flag(inputs, "readAllocationIds", false) {
		var allocations []struct{ ID string }
		_ = j.call(ctx, http.MethodGet, "/v1/job/"+url.PathEscape(live.id())+"/allocations",
			map[string]string{"namespace": live.namespace()}, nil, &allocations)
		for _, a := range allocations {
			ids = append(ids, a.ID)
		}
	}
	groups := []any{}
	for _, g := range list(live["TaskGroups"]) {
		tasks := []any{}
		for _, t := range list(g["Tasks"]) {
			tasks = append(tasks, map[string]any{"name": t["Name"], "driver": t["Driver"], "meta": orEmpty(t["Meta"])})
		}
		groups = append(groups, map[string]any{"name": g["Name"], "count": g["Count"], "meta": orEmpty(g["Meta"]), "tasks": tasks})
	}
	return with(describe(live), properties(map[string]any{
		"status": live["Status"], "statusDescription": live["StatusDescription"], "stable": live["Stable"], "stop": live["Stop"],
		"version": live["Version"], "priority": live["Priority"], "createIndex": live["CreateIndex"],
		"modifyIndex": strconv.FormatFloat(number("JobModifyIndex"), 'f', 0, 64),
		"submitTime":  strconv.FormatFloat(number("SubmitTime"), 'f', 0, 64),
		"taskGroups":  groups, "allocationIds": ids,
	}))
}

func list(value any) (result []map[string]any) {
	items, _ := value.([]any)
	for _, item := range items {
		if m, ok := item.(map[string]any); ok {
			result = append(result, m)
		}
	}
	return result
}

func orEmpty(value any) any {
	if value == nil {
		return map[string]any{}
	}
	return value
}

// read puts the text of the job's last submission in place of the input, if it means something else: so a job that
// somebody ran past Pulumi shows as a change. An import's id is "job" or "job@namespace".
func (j job) read(ctx context.Context, r *request) (string, resource.PropertyMap, resource.PropertyMap, error) {
	id, namespace := r.id, text(r.state, "namespace")
	if len(r.state) == 0 {
		id, namespace, _ = strings.Cut(r.id, "@")
	}
	live, err := j.live(ctx, id, namespace)
	if missing(err) {
		return "", nil, nil, nil
	} else if err != nil {
		return "", nil, nil, fmt.Errorf("error checking for job: %w", err)
	}
	inputs := r.oldInputs.Copy()
	var submission struct {
		Source, Format string
		VariableFlags  map[string]any
	}
	version := strconv.FormatFloat(live["Version"].(float64), 'f', 0, 64)
	err = j.call(ctx, http.MethodGet, "/v1/job/"+url.PathEscape(id)+"/submission",
		map[string]string{"namespace": live.namespace(), "version": version}, nil, &submission)
	if err != nil && !missing(err) {
		return "", nil, nil, err
	}
	if submission.Source != "" && j.differs(ctx, submission.Source, submission.VariableFlags, inputs) {
		inputs["jobspec"] = resource.NewStringProperty(submission.Source)
		if len(submission.VariableFlags) > 0 {
			inputs["hcl2"] = resource.NewObjectProperty(with(object(inputs, "hcl2"),
				resource.PropertyMap{"vars": resource.NewObjectProperty(properties(submission.VariableFlags))}))
		}
		if submission.Format == "json" {
			inputs["json"] = resource.NewBoolProperty(true)
		}
	}
	state := with(r.state, with(inputs, j.outputs(ctx, inputs, live)))
	return id, inputs, state, nil
}

func (j job) differs(ctx context.Context, source string, variables map[string]any, inputs resource.PropertyMap) bool {
	theirs := inputs.Copy()
	theirs["hcl2"] = resource.NewObjectProperty(with(object(inputs, "hcl2"),
		resource.PropertyMap{"vars": resource.NewObjectProperty(properties(variables))}))
	submitted, err := parse(ctx, source, theirs)
	ours, ourErr := parse(ctx, text(inputs, "jobspec"), inputs)
	return err != nil || ourErr != nil || !reflect.DeepEqual(submitted, ours)
}

func (j job) delete(ctx context.Context, r *request) error {
	if !flag(r.state, "deregisterOnDestroy", true) {
		return nil
	}
	err := j.call(ctx, http.MethodDelete, "/v1/job/"+url.PathEscape(r.id), map[string]string{
		"namespace": text(r.state, "namespace"), "purge": strconv.FormatBool(flag(r.state, "purgeOnDestroy", false)),
	}, nil, nil)
	if err != nil && !missing(err) {
		return fmt.Errorf("error deregistering job: %w", err)
	}
	return nil
}
