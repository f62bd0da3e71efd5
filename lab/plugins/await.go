package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
)

// Awaiting: an object counts as created when it works, and until then says what it waits for.

const pollInterval = 500 * time.Millisecond

// readiness looks at a live object: is it done, and if not, what is missing? An error means that it never will be.
type readiness func(ctx context.Context, k *kubernetes, live *unstructured.Unstructured) (done bool, reasons []string, err error)

var readinessOf = map[schema.GroupKind]readiness{
	{Group: "apps", Kind: "Deployment"}:                               deploymentReady,
	{Group: "apps", Kind: "StatefulSet"}:                              statefulSetReady,
	{Group: "apps", Kind: "DaemonSet"}:                                daemonSetReady,
	{Group: "batch", Kind: "Job"}:                                     jobReady,
	{Kind: "Pod"}:                                                     podReady,
	{Kind: "Service"}:                                                 serviceReady,
	{Kind: "PersistentVolumeClaim"}:                                   claimReady,
	{Kind: "PersistentVolume"}:                                        volumeReady,
	{Group: "networking.k8s.io", Kind: "Ingress"}:                     ingressReady,
	{Group: "apiextensions.k8s.io", Kind: "CustomResourceDefinition"}: definitionReady,
}

func (k *kubernetes) ready(ctx context.Context, live *unstructured.Unstructured) (bool, []string, error) {
	if check, found := readinessOf[live.GroupVersionKind().GroupKind()]; found {
		return check(ctx, k, live)
	}
	return true, nil, nil
}

// timeout follows the published order: customTimeouts, then the annotation, then the default of the kind.
func awaitTimeout(r *request, object *unstructured.Unstructured, fallback time.Duration) time.Duration {
	if s, err := strconv.Atoi(annotation(object, timeoutSeconds)); err == nil {
		fallback = time.Duration(s) * time.Second
	}
	return r.timeoutOr(fallback)
}

// await returns the object as last seen, and why it is not ready if it failed to become so in time.
func (k *kubernetes) await(ctx context.Context, r *request, live *unstructured.Unstructured) (*unstructured.Unstructured, []string, error) {
	if annotation(live, skipAwait) == "true" {
		return live, nil, nil
	}
	client, err := k.resource(live)
	if err != nil {
		return live, nil, err
	}
	fallback := 10 * time.Minute
	if strings.HasPrefix(live.GetKind(), "PersistentVolume") {
		fallback = 5 * time.Minute
	}
	deadline, cancel := context.WithTimeout(ctx, awaitTimeout(r, live, fallback))
	defer cancel()
	shown := ""
	for {
		done, reasons, err := k.ready(deadline, live)
		if done || err != nil {
			r.status("")
			return live, reasons, err
		}
		if current := strings.Join(reasons, "; "); current != shown {
			shown = current
			r.status(current)
		}
		select {
		case <-ctx.Done():
			return live, reasons, fmt.Errorf("Resource operation was cancelled for %q", live.GetName())
		case <-deadline.Done():
			return live, reasons, fmt.Errorf("'%s' timed out waiting to be Ready", live.GetName())
		case <-time.After(pollInterval):
		}
		current, err := client.Get(deadline, live.GetName(), metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return live, reasons, fmt.Errorf("%q has been deleted", live.GetName())
		} else if err == nil {
			live = current
		}
	}
}

func awaitDeletion(ctx context.Context, r *request, client dynamic.ResourceInterface, object *unstructured.Unstructured) error {
	deadline, cancel := context.WithTimeout(ctx, awaitTimeout(r, object, 10*time.Minute))
	defer cancel()
	for {
		live, err := client.Get(deadline, object.GetName(), metav1.GetOptions{})
		if apierrors.IsNotFound(err) || err == nil && live.GetUID() != object.GetUID() && object.GetUID() != "" {
			r.status("")
			return nil
		}
		if err == nil {
			phase, _, _ := unstructured.NestedString(live.Object, "status", "phase")
			r.status(strings.TrimSpace(fmt.Sprintf("still exists %s %s", phase, strings.Join(live.GetFinalizers(), ", "))))
		}
		select {
		case <-deadline.Done():
			return errors.Join(fmt.Errorf("Timed out waiting for deletion of %s %q", object.GetKind(), objectID(object)), err)
		case <-time.After(pollInterval):
		}
	}
}

// retryMissing tolerates that what an object needs (its namespace, its definition) appears a moment later.
func retryMissing(ctx context.Context, r *request, try func() error) error {
	for attempt, wait := 0, time.Second; ; attempt, wait = attempt+1, 2*wait {
		err := try()
		if err == nil || r.preview || attempt == 5 || !apierrors.IsNotFound(err) && !meta.IsNoMatchError(err) {
			return err
		}
		r.status(fmt.Sprintf("Retry #%d; creation failed: %v", attempt, err))
		select {
		case <-ctx.Done():
			return err
		case <-time.After(wait):
		}
	}
}

func integer(u *unstructured.Unstructured, fallback int64, path ...string) int64 {
	if value, found, _ := unstructured.NestedInt64(u.Object, path...); found {
		return value
	}
	return fallback
}

func str(m map[string]any, path ...string) string {
	value, _, _ := unstructured.NestedString(m, path...)
	return value
}

func objects(m map[string]any, path ...string) (result []map[string]any) {
	list, _, _ := unstructured.NestedSlice(m, path...)
	for _, item := range list {
		if object, ok := item.(map[string]any); ok {
			result = append(result, object)
		}
	}
	return result
}

func condition(u *unstructured.Unstructured, name string) map[string]any {
	for _, c := range objects(u.Object, "status", "conditions") {
		if c["type"] == name {
			return c
		}
	}
	return nil
}

func holds(c map[string]any) bool { return str(c, "status") == "True" }

func explain(c map[string]any) string {
	return fmt.Sprintf("[%s] %s", str(c, "reason"), str(c, "message"))
}

func observed(u *unstructured.Unstructured) bool {
	return integer(u, 0, "status", "observedGeneration") >= u.GetGeneration()
}

func deploymentReady(ctx context.Context, k *kubernetes, d *unstructured.Unstructured) (bool, []string, error) {
	want, ready := integer(d, 1, "spec", "replicas"), integer(d, 0, "status", "readyReplicas")
	progressing, available := condition(d, "Progressing"), condition(d, "Available")
	updated := integer(d, 0, "status", "updatedReplicas")
	if observed(d) && holds(available) && holds(progressing) && str(progressing, "reason") == "NewReplicaSetAvailable" &&
		updated >= want && ready >= want {
		return true, nil, nil
	}
	reasons := []string{fmt.Sprintf("Waiting for app ReplicaSet to be available (%d/%d Pods available)", min(ready, updated), want)}
	for _, c := range []map[string]any{progressing, available} {
		if c != nil && !holds(c) {
			reasons = append(reasons, explain(c))
		}
	}
	return false, append(reasons, k.podProblems(ctx, d)...), nil
}

func statefulSetReady(ctx context.Context, k *kubernetes, s *unstructured.Unstructured) (bool, []string, error) {
	want, ready := integer(s, 1, "spec", "replicas"), integer(s, 0, "status", "readyReplicas")
	updated := integer(s, 0, "status", "updatedReplicas")
	rolled := updated >= want && str(s.Object, "status", "currentRevision") == str(s.Object, "status", "updateRevision")
	if str(s.Object, "spec", "updateStrategy", "type") == "OnDelete" {
		rolled = true
	}
	if observed(s) && ready >= want && rolled {
		return true, nil, nil
	}
	reasons := []string{fmt.Sprintf("Waiting for StatefulSet update to roll out (%d/%d Pods ready)", ready, want)}
	return false, append(reasons, k.podProblems(ctx, s)...), nil
}

func daemonSetReady(ctx context.Context, k *kubernetes, d *unstructured.Unstructured) (bool, []string, error) {
	want, ready := integer(d, 0, "status", "desiredNumberScheduled"), integer(d, 0, "status", "numberReady")
	if observed(d) && ready >= want && integer(d, 0, "status", "updatedNumberScheduled") >= want {
		return true, nil, nil
	}
	reasons := []string{fmt.Sprintf("Waiting for DaemonSet to roll out (%d/%d Pods ready)", ready, want)}
	return false, append(reasons, k.podProblems(ctx, d)...), nil
}

func jobReady(ctx context.Context, k *kubernetes, j *unstructured.Unstructured) (bool, []string, error) {
	if failed := condition(j, "Failed"); holds(failed) {
		return false, append([]string{explain(failed)}, k.podProblems(ctx, j)...), errors.New("the Job failed")
	}
	if holds(condition(j, "Complete")) {
		return true, nil, nil
	}
	return false, append([]string{"Waiting for Job to succeed"}, k.podProblems(ctx, j)...), nil
}

func podReady(_ context.Context, _ *kubernetes, p *unstructured.Unstructured) (bool, []string, error) {
	if holds(condition(p, "Ready")) || str(p.Object, "status", "phase") == "Succeeded" {
		return true, nil, nil
	}
	return false, append([]string{"Waiting for Pod to become ready"}, podProblem(p)...), nil
}

func (k *kubernetes) list(ctx context.Context, g schema.GroupVersionKind, namespace, selector string) []unstructured.Unstructured {
	like := &unstructured.Unstructured{}
	like.SetGroupVersionKind(g)
	like.SetNamespace(namespace)
	client, err := k.resource(like)
	if err != nil {
		return nil
	}
	list, err := client.List(ctx, metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		return nil
	}
	return list.Items
}

// podProblems says what keeps a workload's pods from being ready.
func (k *kubernetes) podProblems(ctx context.Context, workload *unstructured.Unstructured) (problems []string) {
	wanted, _, _ := unstructured.NestedStringMap(workload.Object, "spec", "selector", "matchLabels")
	if len(wanted) == 0 {
		return nil
	}
	for _, pod := range k.list(ctx, schema.GroupVersionKind{Version: "v1", Kind: "Pod"}, workload.GetNamespace(), labels.Set(wanted).String()) {
		if !holds(condition(&pod, "Ready")) && pod.GetDeletionTimestamp() == nil {
			problems = append(problems, podProblem(&pod)...)
		}
	}
	return problems
}

func podProblem(pod *unstructured.Unstructured) (problems []string) {
	add := func(what string) { problems = append(problems, fmt.Sprintf("[Pod %s]: %s", objectID(pod), what)) }
	if c := condition(pod, "PodScheduled"); c != nil && !holds(c) {
		add(explain(c))
	}
	for _, kind := range []string{"initContainerStatuses", "containerStatuses"} {
		for _, status := range objects(pod.Object, "status", kind) {
			for _, state := range []string{"waiting", "terminated"} {
				detail, found, _ := unstructured.NestedMap(status, "state", state)
				if ready, _ := status["ready"].(bool); !found || ready || str(detail, "reason") == "PodInitializing" || str(detail, "reason") == "Completed" {
					continue
				}
				add(fmt.Sprintf("container %q: %s", str(status, "name"), explain(detail)))
			}
		}
	}
	return problems
}

func serviceReady(ctx context.Context, k *kubernetes, s *unstructured.Unstructured) (bool, []string, error) {
	var reasons []string
	kind, selector := str(s.Object, "spec", "type"), nested(s.Object, "spec", "selector")
	if len(selector) > 0 && kind != "ExternalName" && str(s.Object, "spec", "clusterIP") != "None" && !k.hasEndpoints(ctx, s.GetNamespace(), s.GetName()) {
		reasons = append(reasons, "Service does not target any Pods. Selected Pods may not be ready, or field '.spec.selector' may not match labels on any Pods")
	}
	if kind == "LoadBalancer" && len(objects(s.Object, "status", "loadBalancer", "ingress")) == 0 {
		reasons = append(reasons, "Service was not allocated an IP address; does your cloud provider support this?")
	}
	return len(reasons) == 0, reasons, nil
}

func nested(m map[string]any, path ...string) map[string]any {
	value, _, _ := unstructured.NestedMap(m, path...)
	return value
}

// hasEndpoints counts pods that are not ready as well, as the published plugin does: it asks whether the selector
// finds anything.
func (k *kubernetes) hasEndpoints(ctx context.Context, namespace, service string) bool {
	found := k.list(ctx, schema.GroupVersionKind{Group: "discovery.k8s.io", Version: "v1", Kind: "EndpointSlice"}, namespace,
		"kubernetes.io/service-name="+service)
	return slices.ContainsFunc(found, func(s unstructured.Unstructured) bool { return len(objects(s.Object, "endpoints")) > 0 })
}

// claimReady: a claim whose class binds with the first pod would wait for a pod that waits for the claim.
func claimReady(ctx context.Context, k *kubernetes, c *unstructured.Unstructured) (bool, []string, error) {
	phase := str(c.Object, "status", "phase")
	if phase == "Bound" {
		return true, nil, nil
	}
	wanted, _, _ := unstructured.NestedString(c.Object, "spec", "storageClassName")
	for _, class := range k.list(ctx, schema.GroupVersionKind{Group: "storage.k8s.io", Version: "v1", Kind: "StorageClass"}, "", "") {
		isDefault := annotation(&class, "storageclass.kubernetes.io/is-default-class") == "true"
		if (class.GetName() == wanted || wanted == "" && isDefault) && str(class.Object, "volumeBindingMode") == "WaitForFirstConsumer" {
			return true, nil, nil
		}
	}
	return false, []string{fmt.Sprintf("PersistentVolumeClaim is %s: waiting for a volume (storage class %q)", phase, wanted)}, nil
}

func volumeReady(_ context.Context, _ *kubernetes, v *unstructured.Unstructured) (bool, []string, error) {
	phase := str(v.Object, "status", "phase")
	return phase == "Available" || phase == "Bound", []string{fmt.Sprintf("PersistentVolume is %q", phase)}, nil
}

func ingressReady(ctx context.Context, k *kubernetes, i *unstructured.Unstructured) (bool, []string, error) {
	var reasons []string
	for _, rule := range objects(i.Object, "spec", "rules") {
		for _, path := range objects(rule, "http", "paths") {
			if name := str(path, "backend", "service", "name"); name != "" && !k.serves(ctx, i.GetNamespace(), name) {
				reasons = append(reasons, fmt.Sprintf("No matching service found for ingress rule: %q", str(rule, "host")+str(path, "path")))
			}
		}
	}
	if len(objects(i.Object, "status", "loadBalancer", "ingress")) == 0 {
		reasons = append(reasons, "Ingress .status.loadBalancer field was not updated with a hostname/IP address. "+
			"\n    for more information about this error, see https://pulumi.io/xdv72s")
	}
	return len(reasons) == 0, reasons, nil
}

// serves tells whether a Service has somebody behind it; one of type ExternalName always does.
func (k *kubernetes) serves(ctx context.Context, namespace, name string) bool {
	if k.hasEndpoints(ctx, namespace, name) {
		return true
	}
	like := &unstructured.Unstructured{}
	like.SetGroupVersionKind(schema.GroupVersionKind{Version: "v1", Kind: "Service"})
	like.SetNamespace(namespace)
	client, err := k.resource(like)
	if err != nil {
		return false
	}
	service, err := client.Get(ctx, name, metav1.GetOptions{})
	return err == nil && str(service.Object, "spec", "type") == "ExternalName"
}

func definitionReady(_ context.Context, _ *kubernetes, d *unstructured.Unstructured) (bool, []string, error) {
	return holds(condition(d, "Established")), []string{"Waiting for the definition to be established"}, nil
}
