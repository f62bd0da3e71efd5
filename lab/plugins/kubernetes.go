package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/client-go/util/csaupgrade"
)

const (
	autonamed       = "pulumi.com/autonamed"
	skipAwait       = "pulumi.com/skipAwait"
	timeoutSeconds  = "pulumi.com/timeoutSeconds"
	patchForce      = "pulumi.com/patchForce"
	patchManager    = "pulumi.com/patchFieldManager"
	propagation     = "pulumi.com/deletionPropagationPolicy"
	stateManager    = resource.PropertyKey("__fieldManager")
	stateInputs     = resource.PropertyKey("__inputs")
	stateAPIVersion = resource.PropertyKey("__initialApiVersion")
)

// kubernetes manages objects of any type that the API server knows: created as they are, updated by server-side apply.
type kubernetes struct {
	noFunctions
	client      dynamic.Interface
	mapper      *restmapper.DeferredDiscoveryRESTMapper
	namespace   string
	unreachable error
	options     resource.PropertyMap
}

func newKubernetes() backend { return &kubernetes{} }

// clientConfig finds the cluster as kubectl would, unless the provider names one.
func clientConfig(config resource.PropertyMap) clientcmd.ClientConfig {
	overrides := &clientcmd.ConfigOverrides{}
	overrides.CurrentContext, overrides.Context.Cluster = text(config, "context"), text(config, "cluster")
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	switch kubeconfig := text(config, "kubeconfig"); {
	case kubeconfig == "":
	case isFile(kubeconfig):
		rules.ExplicitPath = kubeconfig
	default:
		contents, err := clientcmd.Load([]byte(kubeconfig))
		if err != nil {
			contents = api.NewConfig() // fails later, as unreachable
		}
		return clientcmd.NewDefaultClientConfig(*contents, overrides)
	}
	return clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, overrides)
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// configure never fails for want of a cluster: a preview has to work without one.
func (k *kubernetes) configure(_ context.Context, config resource.PropertyMap) error {
	k.options = config
	loader := clientConfig(config)
	k.namespace = text(config, "namespace")
	if k.namespace == "" {
		k.namespace, _, _ = loader.Namespace()
	}
	k.unreachable = func() error {
		restConfig, err := loader.ClientConfig()
		if err != nil {
			return err
		}
		restConfig.QPS, restConfig.Burst, restConfig.WarningHandler = 50, 120, rest.NoWarnings{}
		if k.client, err = dynamic.NewForConfig(restConfig); err != nil {
			return err
		}
		discoverer, err := discovery.NewDiscoveryClientForConfig(restConfig)
		if err != nil {
			return err
		}
		k.mapper = restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(discoverer))
		_, err = discoverer.ServerVersion()
		return err
	}()
	return nil
}

// diffConfig: another cluster means other objects. A new certificate or token for the same one does not.
func (k *kubernetes) diffConfig(old, new resource.PropertyMap) []string {
	if text(old, "clusterIdentifier") != "" || text(new, "clusterIdentifier") != "" {
		return []string{"clusterIdentifier"}
	}
	server := func(config resource.PropertyMap) string {
		restConfig, err := clientConfig(config).ClientConfig()
		if err != nil {
			return ""
		}
		return restConfig.Host
	}
	if before, after := server(old), server(new); before != "" && after != "" && before != after {
		return []string{"kubeconfig", "context", "cluster"}
	}
	return nil
}

func (k *kubernetes) kind(token tokens.Type) kind {
	if strings.Count(string(token.Module().Name()), "/") != 1 {
		return nil
	}
	return &kubeKind{k, strings.HasSuffix(string(token.Name()), "Patch")}
}

// kubeKind is any Kubernetes type. A Patch adds fields to an object that belongs to somebody else.
type kubeKind struct {
	*kubernetes
	patch bool
}

func gvk(urn resource.URN) schema.GroupVersionKind {
	group, version, _ := strings.Cut(string(urn.Type().Module().Name()), "/")
	if group == "core" {
		group = ""
	}
	return schema.GroupVersionKind{Group: group, Version: version, Kind: strings.TrimSuffix(string(urn.Type().Name()), "Patch")}
}

// toObject makes a Kubernetes object of properties, without the bookkeeping that a state carries.
func toObject(m resource.PropertyMap) *unstructured.Unstructured {
	object := plainMap(m)
	for key := range object {
		if strings.HasPrefix(key, "__") {
			delete(object, key)
		}
	}
	return &unstructured.Unstructured{Object: object}
}

func objectID(u *unstructured.Unstructured) string {
	if u.GetNamespace() == "" {
		return u.GetName()
	}
	return u.GetNamespace() + "/" + u.GetName()
}

func annotation(u *unstructured.Unstructured, name string) string { return u.GetAnnotations()[name] }

func annotate(u *unstructured.Unstructured, name, value string) {
	annotations := u.GetAnnotations()
	if annotations == nil {
		annotations = map[string]string{}
	}
	annotations[name] = value
	u.SetAnnotations(annotations)
}

func (k *kubernetes) mapping(g schema.GroupVersionKind) (*meta.RESTMapping, error) {
	if k.unreachable != nil {
		return nil, k.unreachable
	}
	mapping, err := k.mapper.RESTMapping(g.GroupKind(), g.Version)
	if meta.IsNoMatchError(err) { // a custom resource's definition may have arrived since
		k.mapper.Reset()
		mapping, err = k.mapper.RESTMapping(g.GroupKind(), g.Version)
	}
	return mapping, err
}

// resource returns the client for an object's type in its namespace.
func (k *kubernetes) resource(u *unstructured.Unstructured) (dynamic.ResourceInterface, error) {
	mapping, err := k.mapping(u.GroupVersionKind())
	if err != nil {
		return nil, err
	}
	if mapping.Scope.Name() == meta.RESTScopeNameRoot {
		return k.client.Resource(mapping.Resource), nil
	}
	namespace := u.GetNamespace()
	if namespace == "" {
		namespace = metav1.NamespaceDefault
	}
	return k.client.Resource(mapping.Resource).Namespace(namespace), nil
}

// namespaced says yes where it can't know: most custom resources are.
func (k *kubernetes) namespaced(g schema.GroupVersionKind) bool {
	mapping, err := k.mapping(g)
	if err != nil {
		return !slices.Contains([]string{"Namespace", "PersistentVolume", "StorageClass", "ClusterRole", "ClusterRoleBinding",
			"CustomResourceDefinition", "PriorityClass", "RuntimeClass", "IngressClass"}, g.Kind)
	}
	return mapping.Scope.Name() == meta.RESTScopeNameNamespace
}

func (k *kubeKind) check(_ context.Context, r *request) (resource.PropertyMap, []*pulumirpc.CheckFailure, error) {
	inputs, old := r.inputs.Copy(), toObject(r.oldInputs)
	metadata := inputs["metadata"]
	if open(metadata).IsComputed() {
		return inputs, nil, nil
	}
	fields := object(inputs, "metadata").Copy()
	set := func(key resource.PropertyKey, value string) { fields[key] = resource.NewStringProperty(value) }
	if k.patch && !fields.HasValue("name") {
		return nil, nil, errors.New("patch resources require the `.metadata.name` field to be set")
	}
	if fields.HasValue("generateName") {
		return nil, nil, errors.New("the `.metadata.generateName` field is not supported in Server-Side Apply mode")
	}
	if !fields.HasValue("name") {
		name, err := old.GetName(), error(nil)
		// The name of an object stays, but only if it was not the user's choice.
		if annotation(old, autonamed) != "true" {
			if name, err = autoname(r); err != nil {
				return nil, nil, err
			}
		}
		set("name", name)
		annotations := resource.PropertyMap{}
		if existing := object(fields, "annotations"); existing != nil {
			annotations = existing.Copy()
		}
		annotations[autonamed] = resource.NewStringProperty("true")
		fields["annotations"] = resource.NewObjectProperty(annotations)
	}
	if !fields.HasValue("namespace") && k.namespaced(gvk(r.urn)) {
		set("namespace", k.namespace)
	}
	inputs["metadata"] = resource.NewObjectProperty(fields)
	if metadata.IsSecret() {
		inputs["metadata"] = resource.MakeSecret(inputs["metadata"])
	}
	return inputs, nil, nil
}

func autoname(r *request) (string, error) {
	if a := r.autonaming; a != nil {
		switch a.Mode {
		case pulumirpc.CheckRequest_AutonamingOptions_DISABLE:
			return "", errors.New("automatic naming is disabled: set `.metadata.name`")
		default:
			return a.ProposedName, nil
		}
	}
	return resource.NewUniqueName(r.seed, r.urn.Name()+"-", 0, 0, nil)
}

// immutable lists the fields whose change needs a new object.
// github.com/pulumi/pulumi-kubernetes/blob/master/provider/pkg/provider/diff.go
var immutable = map[string][]string{
	"/PersistentVolumeClaim":                {"spec.accessModes", "spec.selector", "spec.storageClassName", "spec.volumeName"},
	"/PersistentVolume":                     {"spec.csi", "spec.hostPath", "spec.local", "spec.nfs", "spec.iscsi"},
	"/Secret":                               {"type"},
	"/Service":                              {"spec.clusterIP"},
	"/ResourceQuota":                        {"spec.scopes"},
	"/Pod":                                  podImmutable(),
	"apps/Deployment":                       {"spec.selector"},
	"apps/DaemonSet":                        {"spec.selector"},
	"apps/StatefulSet":                      {"spec.podManagementPolicy", "spec.revisionHistoryLimit", "spec.selector", "spec.serviceName", "spec.volumeClaimTemplates"},
	"batch/Job":                             {"spec.completions", "spec.parallelism", "spec.selector", "spec.template"},
	"storage.k8s.io/StorageClass":           {"parameters", "provisioner"},
	"rbac.authorization.k8s.io/RoleBinding": {"roleRef"},
	"rbac.authorization.k8s.io/ClusterRoleBinding": {"roleRef"},
}

func podImmutable() (fields []string) {
	for _, field := range strings.Fields("affinity automountServiceAccountToken dnsConfig dnsPolicy enableServiceLinks hostAliases " +
		"hostIPC hostNetwork hostPID hostname imagePullSecrets nodeName nodeSelector overhead preemptionPolicy priority " +
		"priorityClassName readinessGates restartPolicy runtimeClassName schedulerName securityContext serviceAccount " +
		"serviceAccountName shareProcessNamespace subdomain terminationGracePeriodSeconds volumes") {
		fields = append(fields, "spec."+field)
	}
	for _, field := range strings.Fields("args command env image imagePullPolicy lifecycle livenessProbe ports readinessProbe " +
		"resources securityContext stdin stdinOnce terminationMessagePath terminationMessagePolicy tty volumeDevices " +
		"volumeMounts workingDir") {
		fields = append(fields, "spec.containers.*."+field, "spec.initContainers.*."+field)
	}
	return fields
}

func (k *kubeKind) replaceOn(u *unstructured.Unstructured) []string {
	fields := []string{"metadata.name", "metadata.namespace"}
	if k.patch {
		return fields
	}
	g := u.GroupVersionKind()
	fields = append(fields, immutable[g.Group+"/"+g.Kind]...)
	locked, _, _ := unstructured.NestedBool(u.Object, "immutable")
	switch g.GroupKind().String() {
	case "ConfigMap":
		if locked || !flag(k.options, "enableConfigMapMutable", false) {
			fields = append(fields, "data", "binaryData")
		}
	case "Secret":
		if locked || !flag(k.options, "enableSecretMutable", false) {
			fields = append(fields, "data", "stringData")
		}
	}
	return fields
}

// diff compares inputs with inputs: what the cluster fills in is no change. Drift enters through read, which puts the
// live values of the program's own fields in place of the old inputs.
func (k *kubeKind) diff(_ context.Context, r *request) (*difference, error) {
	old, new := toObject(r.oldInputs), toObject(r.inputs)
	before, after := r.oldInputs, r.inputs
	if !after.ContainsUnknowns() {
		before, after = normalized(before), normalized(after)
	}
	d := compare(before, after, k.replaceOn(new)...)
	// An object whose name is fixed has to go before its successor can come.
	d.deleteBeforeReplace = len(d.replaces()) > 0 && annotation(new, autonamed) != "true" &&
		new.GetName() == old.GetName() && new.GetNamespace() == old.GetNamespace()
	return d, nil
}

// normalized writes values as the API server would ("1000m" is "1"), so that a different spelling is no change.
func normalized(m resource.PropertyMap) resource.PropertyMap {
	u := toObject(m)
	typed, err := scheme.Scheme.New(u.GroupVersionKind())
	if err != nil {
		return m
	}
	if runtime.DefaultUnstructuredConverter.FromUnstructured(u.Object, typed) != nil {
		return m
	}
	object, err := runtime.DefaultUnstructuredConverter.ToUnstructured(typed)
	if err != nil {
		return m
	}
	return properties(prune(object, u.Object).(map[string]any))
}

// prune keeps of live only what shape has too.
func prune(live, shape any) any {
	switch shape := shape.(type) {
	case map[string]any:
		live, isMap := live.(map[string]any)
		if !isMap {
			return live
		}
		result := map[string]any{}
		for key, value := range shape {
			if found, ok := live[key]; ok {
				result[key] = prune(found, value)
			}
		}
		return result
	case []any:
		live, isList := live.([]any)
		if !isList {
			return live
		}
		result := slices.Clone(live[:min(len(live), len(shape))])
		for i := range result {
			result[i] = prune(result[i], shape[i])
		}
		return result
	}
	return live
}

// checkpoint is what the engine stores: the live object, and how it came about.
func checkpoint(live *unstructured.Unstructured, inputs resource.PropertyMap, manager string) resource.PropertyMap {
	object := live.DeepCopy().Object
	unstructured.RemoveNestedField(object, "metadata", "managedFields")
	state := markSecrets(properties(object), inputs)
	if live.GetKind() == "Secret" {
		for _, key := range []resource.PropertyKey{"data", "stringData"} {
			if value, found := state[key]; found && !value.IsSecret() {
				state[key] = resource.MakeSecret(value)
			}
		}
	}
	state[stateInputs] = resource.NewObjectProperty(inputs)
	state[stateManager] = resource.NewStringProperty(manager)
	state[stateAPIVersion] = resource.NewStringProperty(live.GetAPIVersion())
	return state
}

func fieldManager(u *unstructured.Unstructured, state resource.PropertyMap) (string, error) {
	if name := annotation(u, patchManager); name != "" {
		return name, nil
	}
	if name := text(state, stateManager); name != "" {
		return name, nil
	}
	return resource.NewUniqueName(nil, "pulumi-kubernetes-", 0, 0, nil)
}

func (k *kubernetes) reachable() error {
	if k.unreachable != nil {
		return fmt.Errorf("configured Kubernetes cluster is unreachable: %w", k.unreachable)
	}
	return nil
}

func dryRun(preview bool) []string {
	if preview {
		return []string{metav1.DryRunAll}
	}
	return nil
}

func (k *kubeKind) create(ctx context.Context, r *request) (string, resource.PropertyMap, error) {
	object := toObject(r.inputs)
	if r.preview && (k.unreachable != nil || k.patch || r.inputs.ContainsUnknowns()) {
		return "", r.inputs, nil
	}
	if err := k.reachable(); err != nil {
		return "", nil, err
	}
	manager, err := fieldManager(object, nil)
	if err != nil {
		return "", nil, err
	}
	var live *unstructured.Unstructured
	err = retryMissing(ctx, r, func() error {
		client, err := k.resource(object)
		if err != nil {
			return err
		}
		if k.patch || flag(k.options, "upsertExistingObjects", false) {
			live, err = k.apply(ctx, client, object, manager, r.preview)
			return err
		}
		live, err = client.Create(ctx, object, metav1.CreateOptions{FieldManager: manager, DryRun: dryRun(r.preview)})
		return err
	})
	if err != nil {
		// What stands in the way now may be gone by then: the namespace is created, the old object deleted, in this very update.
		if r.preview && (apierrors.IsNotFound(err) || meta.IsNoMatchError(err) || apierrors.IsAlreadyExists(err) || apierrors.IsForbidden(err)) {
			return "", r.inputs, nil
		}
		if meta.IsNoMatchError(err) {
			err = fmt.Errorf("the Kubernetes API server reported that the apiVersion for this resource does not exist. "+
				"Verify that any required CRDs have been created: %w", err)
		}
		return "", nil, fmt.Errorf("resource %q was not successfully created by the Kubernetes API server: %w", r.urn, err)
	}
	if r.preview {
		unstructured.RemoveNestedField(live.Object, "status")
		return "", checkpoint(live, r.inputs, manager), nil
	}
	live, reasons, err := k.await(ctx, r, live)
	if err != nil {
		return "", nil, &initFailed{
			id: objectID(live), state: checkpoint(live, r.inputs, manager), inputs: r.inputs, reasons: reasons,
			summary: fmt.Sprintf("resource %q was successfully created, but the Kubernetes API server reported that it failed to "+
				"fully initialize or become live: %v", r.urn, err),
		}
	}
	return objectID(live), checkpoint(live, r.inputs, manager), nil
}

// apply is a server-side apply. In a preview conflicts are not the question, so it takes the fields over.
func (k *kubernetes) apply(
	ctx context.Context, client dynamic.ResourceInterface, object *unstructured.Unstructured, manager string, preview bool,
) (*unstructured.Unstructured, error) {
	body, err := json.Marshal(object.Object)
	if err != nil {
		return nil, err
	}
	forced := flag(k.options, "enablePatchForce", os.Getenv("PULUMI_K8S_ENABLE_PATCH_FORCE") == "true")
	force := preview || annotation(object, patchForce) == "true" || forced
	live, err := client.Patch(ctx, object.GetName(), types.ApplyPatchType, body, metav1.PatchOptions{
		FieldManager: manager, Force: &force, DryRun: dryRun(preview), FieldValidation: metav1.FieldValidationWarn,
	})
	if apierrors.IsConflict(err) {
		err = fmt.Errorf("Server-Side Apply field conflict detected. See https://www.pulumi.com/registry/packages/kubernetes/"+
			"how-to-guides/managing-resources-with-server-side-apply/#handle-field-conflicts-on-existing-resources "+
			"for troubleshooting help\n: %w", err)
	}
	return live, err
}

func (k *kubeKind) update(ctx context.Context, r *request) (resource.PropertyMap, error) {
	if r.preview && (k.unreachable != nil || r.inputs.ContainsUnknowns()) {
		return r.inputs, nil
	}
	if err := k.reachable(); err != nil {
		return nil, err
	}
	object := toObject(r.inputs)
	before := text(r.state, stateManager)
	manager, err := fieldManager(object, r.state)
	if err != nil {
		return nil, err
	}
	client, err := k.resource(object)
	if err != nil {
		return nil, err
	}
	old, err := client.Get(ctx, object.GetName(), metav1.GetOptions{})
	if err != nil {
		return nil, fmt.Errorf("update of resource %q failed: %w", r.urn, err)
	}
	if !r.preview && !k.patch {
		// The object was created, not applied. Its fields become applied ones, else those that the program drops would stay.
		patch, err := csaupgrade.UpgradeManagedFieldsPatch(old, sets.New(manager, before, "kubectl-client-side-apply"), manager)
		if err == nil && patch != nil {
			_, err = client.Patch(ctx, old.GetName(), types.JSONPatchType, patch, metav1.PatchOptions{})
		}
		if err != nil {
			return nil, fmt.Errorf("update of resource %q failed: %w", r.urn, err)
		}
	}
	live, err := k.apply(ctx, client, object, manager, r.preview)
	if err != nil {
		return nil, fmt.Errorf("update of resource %q failed: %w", r.urn, err)
	}
	if r.preview {
		return checkpoint(live, r.inputs, manager), nil
	}
	if k.patch && before != "" && before != manager {
		if _, err := k.apply(ctx, client, identity(object), before, false); err != nil {
			return nil, err
		}
	}
	live, reasons, err := k.await(ctx, r, live)
	if err != nil {
		return nil, &initFailed{
			id: objectID(live), state: checkpoint(live, r.inputs, manager), inputs: r.inputs, reasons: reasons,
			summary: fmt.Sprintf("the Kubernetes API server reported that %q failed to fully initialize or become live: %v", objectID(live), err),
		}
	}
	return checkpoint(live, r.inputs, manager), nil
}

// identity is an object without any field that somebody could own.
func identity(u *unstructured.Unstructured) *unstructured.Unstructured {
	bare := &unstructured.Unstructured{Object: map[string]any{}}
	bare.SetGroupVersionKind(u.GroupVersionKind())
	bare.SetName(u.GetName())
	bare.SetNamespace(u.GetNamespace())
	return bare
}

func (k *kubeKind) read(ctx context.Context, r *request) (string, resource.PropertyMap, resource.PropertyMap, error) {
	if err := k.reachable(); err != nil {
		if flag(k.options, "deleteUnreachable", false) {
			return "", nil, nil, nil
		}
		return "", nil, nil, fmt.Errorf("failed to read resource state due to unreachable cluster. If the cluster was deleted, you can "+
			"remove this resource from Pulumi state with the deleteUnreachable option of the provider: %w", err)
	}
	inputs, imported := toObject(r.oldInputs), len(r.oldInputs) == 0
	target := &unstructured.Unstructured{Object: map[string]any{}}
	target.SetGroupVersionKind(gvk(r.urn))
	namespace, name, found := strings.Cut(r.id, "/")
	if !found {
		namespace, name = "", r.id
	}
	target.SetNamespace(namespace)
	client, err := k.resource(target)
	if err != nil {
		if meta.IsNoMatchError(err) {
			return "", nil, nil, nil
		}
		return "", nil, nil, err
	}
	live, err := client.Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return "", nil, nil, nil
	} else if err != nil {
		return "", nil, nil, err
	}
	manager, err := fieldManager(inputs, r.state)
	if err != nil {
		return "", nil, nil, err
	}
	newInputs := markSecrets(properties(liveInputs(live, inputs, imported)), r.oldInputs)
	state := checkpoint(live, newInputs, manager)
	if !imported && !k.patch && annotation(live, skipAwait) != "true" {
		if done, reasons, _ := k.ready(ctx, live); !done {
			return "", nil, nil, &initFailed{
				id: r.id, state: state, inputs: newInputs, reasons: reasons, summary: fmt.Sprintf("%q is not ready", objectID(live)),
			}
		}
	}
	return r.id, newInputs, state, nil
}

// liveInputs is what a program would have to say to get the object as it is: as far as it said anything, or all of it
// for an import.
func liveInputs(live, inputs *unstructured.Unstructured, imported bool) map[string]any {
	if imported {
		object := live.DeepCopy()
		unstructured.RemoveNestedField(object.Object, "status")
		for _, field := range []string{"creationTimestamp", "generation", "managedFields", "resourceVersion", "uid"} {
			unstructured.RemoveNestedField(object.Object, "metadata", field)
		}
		unstructured.RemoveNestedField(object.Object, "metadata", "annotations", "deployment.kubernetes.io/revision")
		unstructured.RemoveNestedField(object.Object, "metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration")
		return object.Object
	}
	live = live.DeepCopy()
	// The API server keeps stringData as data.
	if written, found, _ := unstructured.NestedMap(inputs.Object, "stringData"); found {
		data, _, _ := unstructured.NestedStringMap(live.Object, "data")
		stringData := map[string]any{}
		for key := range written {
			if decoded, err := base64.StdEncoding.DecodeString(data[key]); err == nil && data[key] != "" {
				stringData[key] = string(decoded)
			}
		}
		live.Object["stringData"] = stringData
	}
	return prune(live.Object, inputs.Object).(map[string]any)
}

func (k *kubeKind) delete(ctx context.Context, r *request) error {
	if err := k.reachable(); err != nil {
		if flag(k.options, "deleteUnreachable", false) {
			return nil
		}
		return err
	}
	object := toObject(r.state)
	client, err := k.resource(object)
	if meta.IsNoMatchError(err) {
		return nil
	} else if err != nil {
		return err
	}
	if k.patch {
		_, err := k.apply(ctx, client, identity(object), text(r.state, stateManager), false)
		if apierrors.IsNotFound(err) {
			return nil
		}
		return err
	}
	policy := metav1.DeletePropagationForeground
	switch strings.ToLower(annotation(object, propagation)) {
	case "background":
		policy = metav1.DeletePropagationBackground
	case "orphan":
		policy = metav1.DeletePropagationOrphan
	}
	err = client.Delete(ctx, object.GetName(), metav1.DeleteOptions{PropagationPolicy: &policy})
	if apierrors.IsNotFound(err) {
		r.log(diag.Warning, fmt.Sprintf("%s %q was gone already", object.GetKind(), objectID(object)))
		return nil
	} else if err != nil {
		return err
	}
	if annotation(object, skipAwait) == "true" {
		return nil
	}
	return awaitDeletion(ctx, r, client, object)
}
