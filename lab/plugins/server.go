package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil/rpcerror"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"
)

// backend is one provider, freed from the protocol: it deals in property maps and knows its kinds of resource.
type backend interface {
	configure(ctx context.Context, config resource.PropertyMap) error
	// diffConfig says whether a changed provider configuration means that its resources live somewhere else.
	diffConfig(old, new resource.PropertyMap) (replace []string)
	kind(token tokens.Type) kind
	invoke(ctx context.Context, token string, args resource.PropertyMap) (resource.PropertyMap, error)
}

// kind is one type of resource.
type kind interface {
	check(ctx context.Context, r *request) (inputs resource.PropertyMap, failures []*pulumirpc.CheckFailure, err error)
	diff(ctx context.Context, r *request) (*difference, error)
	create(ctx context.Context, r *request) (id string, state resource.PropertyMap, err error)
	// read returns the empty id if the resource is gone.
	read(ctx context.Context, r *request) (id string, inputs, state resource.PropertyMap, err error)
	update(ctx context.Context, r *request) (state resource.PropertyMap, err error)
	delete(ctx context.Context, r *request) error
}

// request is one call about one resource. Which fields are set depends on the call.
type request struct {
	urn        resource.URN
	id         string
	inputs     resource.PropertyMap // what the program wants
	oldInputs  resource.PropertyMap // what it wanted last time
	state      resource.PropertyMap // what the last operation returned
	preview    bool
	timeout    time.Duration // of customTimeouts; 0 if the program set none
	seed       []byte
	autonaming *pulumirpc.CheckRequest_AutonamingOptions

	log    func(severity diag.Severity, message string) // stays in the output
	status func(message string)                         // the line beside the resource, replaced by the next
}

func (r *request) timeoutOr(fallback time.Duration) time.Duration {
	if r.timeout > 0 {
		return r.timeout
	}
	return fallback
}

// initFailed means that the resource exists but is not what it should be yet: the engine records it and the next
// update tries again.
type initFailed struct {
	id      string
	state   resource.PropertyMap
	inputs  resource.PropertyMap
	summary string
	reasons []string
}

func (e *initFailed) Error() string {
	return strings.Join(append([]string{e.summary}, e.reasons...), "\n\t* ")
}

type server struct {
	pulumirpc.UnimplementedResourceProviderServer
	host    *provider.HostClient
	name    string
	version string
	backend backend
	// Cancel ends this context and with it every operation under way.
	ctx    context.Context
	cancel context.CancelFunc
}

func newServer(host *provider.HostClient, name, version string, b backend) *server {
	ctx, cancel := context.WithCancel(context.Background())
	return &server{host: host, name: name, version: version, backend: b, ctx: ctx, cancel: cancel}
}

func unmarshal(s *structpb.Struct) (resource.PropertyMap, error) {
	return plugin.UnmarshalProperties(s, plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true, SkipNulls: true})
}

func marshal(m resource.PropertyMap) (*structpb.Struct, error) {
	return plugin.MarshalProperties(m, plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true, SkipNulls: true})
}

// begin does what all calls about a resource have in common: it reads the property maps, finds the kind, and sees to it
// that the context ends with the call or with Cancel.
func (s *server) begin(
	ctx context.Context, urn string, r *request, inputs, oldInputs, state *structpb.Struct,
) (context.Context, kind, error) {
	ctx, stop := context.WithCancel(ctx)
	context.AfterFunc(s.ctx, stop)
	r.urn = resource.URN(urn)
	r.log = func(severity diag.Severity, message string) { _ = s.host.Log(ctx, severity, r.urn, message) }
	r.status = func(message string) { _ = s.host.LogStatus(ctx, diag.Info, r.urn, message) }
	var inputsErr, oldInputsErr, stateErr error
	r.inputs, inputsErr = unmarshal(inputs)
	r.oldInputs, oldInputsErr = unmarshal(oldInputs)
	r.state, stateErr = unmarshal(state)
	if err := errors.Join(inputsErr, oldInputsErr, stateErr); err != nil {
		return nil, nil, err
	}
	k := s.backend.kind(r.urn.Type())
	if k == nil {
		return nil, nil, fmt.Errorf("%s is not among the resources of this offline plugin (%s)", r.urn.Type(), s.name)
	}
	return ctx, k, nil
}

func (s *server) fail(err error) error {
	var partial *initFailed
	if !errors.As(err, &partial) {
		return err
	}
	state, stateErr := marshal(partial.state)
	inputs, inputsErr := marshal(partial.inputs)
	if err := errors.Join(stateErr, inputsErr); err != nil {
		return err
	}
	return rpcerror.WithDetails(rpcerror.New(codes.Unknown, partial.summary), &pulumirpc.ErrorResourceInitFailed{
		Id: partial.id, Properties: state, Inputs: inputs, Reasons: append([]string{partial.summary}, partial.reasons...),
	})
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

func (s *server) Handshake(context.Context, *pulumirpc.ProviderHandshakeRequest) (*pulumirpc.ProviderHandshakeResponse, error) {
	return &pulumirpc.ProviderHandshakeResponse{AcceptSecrets: true, SupportsAutonamingConfiguration: true}, nil
}

func (s *server) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: s.version}, nil
}

func (s *server) GetSchema(context.Context, *pulumirpc.GetSchemaRequest) (*pulumirpc.GetSchemaResponse, error) {
	name := strings.TrimPrefix(s.name, "pulumi-resource-")
	return &pulumirpc.GetSchemaResponse{Schema: fmt.Sprintf(`{"name":%q,"version":%q}`, name, s.version)}, nil
}

func (s *server) CheckConfig(_ context.Context, req *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	return &pulumirpc.CheckResponse{Inputs: req.News}, nil
}

func (s *server) DiffConfig(_ context.Context, req *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	olds, err := unmarshal(req.Olds)
	if err != nil {
		return nil, err
	}
	news, err := unmarshal(req.News)
	if err != nil {
		return nil, err
	}
	return compare(olds, news, s.backend.diffConfig(public(olds), public(news))...).response(), nil
}

func (s *server) Configure(_ context.Context, req *pulumirpc.ConfigureRequest) (*pulumirpc.ConfigureResponse, error) {
	config, err := unmarshal(req.Args)
	if err != nil {
		return nil, err
	}
	if err := s.backend.configure(s.ctx, public(config)); err != nil {
		return nil, err
	}
	return &pulumirpc.ConfigureResponse{
		AcceptSecrets: true, SupportsPreview: true, SupportsAutonamingConfiguration: true,
	}, nil
}

func (s *server) Invoke(ctx context.Context, req *pulumirpc.InvokeRequest) (*pulumirpc.InvokeResponse, error) {
	args, err := unmarshal(req.Args)
	if err != nil {
		return nil, err
	}
	result, err := s.backend.invoke(ctx, req.Tok, public(args))
	if err != nil {
		return nil, err
	}
	properties, err := marshal(result)
	return &pulumirpc.InvokeResponse{Return: properties}, err
}

func (s *server) Check(ctx context.Context, req *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	r := &request{seed: req.RandomSeed, autonaming: req.Autonaming}
	ctx, k, err := s.begin(ctx, req.Urn, r, req.News, req.Olds, nil)
	if err != nil {
		return nil, err
	}
	inputs, failures, err := k.check(ctx, r)
	if err != nil {
		return nil, err
	}
	properties, err := marshal(inputs)
	return &pulumirpc.CheckResponse{Inputs: properties, Failures: failures}, err
}

func (s *server) Diff(ctx context.Context, req *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	r := &request{id: req.Id}
	ctx, k, err := s.begin(ctx, req.Urn, r, req.News, req.OldInputs, req.Olds)
	if err != nil {
		return nil, err
	}
	d, err := k.diff(ctx, r)
	if err != nil {
		return nil, err
	}
	return d.response(), nil
}

func (s *server) Create(ctx context.Context, req *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	r := &request{preview: req.Preview, timeout: seconds(req.Timeout)}
	ctx, k, err := s.begin(ctx, req.Urn, r, req.Properties, nil, nil)
	if err != nil {
		return nil, err
	}
	id, state, err := k.create(ctx, r)
	if err != nil {
		return nil, s.fail(err)
	}
	properties, err := marshal(state)
	return &pulumirpc.CreateResponse{Id: id, Properties: properties}, err
}

func (s *server) Read(ctx context.Context, req *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	r := &request{id: req.Id, timeout: seconds(req.Timeout)}
	ctx, k, err := s.begin(ctx, req.Urn, r, nil, req.Inputs, req.Properties)
	if err != nil {
		return nil, err
	}
	id, inputs, state, err := k.read(ctx, r)
	if err != nil {
		return nil, s.fail(err)
	}
	if id == "" {
		return &pulumirpc.ReadResponse{}, nil
	}
	properties, stateErr := marshal(state)
	rpcInputs, inputsErr := marshal(inputs)
	return &pulumirpc.ReadResponse{Id: id, Properties: properties, Inputs: rpcInputs}, errors.Join(stateErr, inputsErr)
}

func (s *server) Update(ctx context.Context, req *pulumirpc.UpdateRequest) (*pulumirpc.UpdateResponse, error) {
	r := &request{id: req.Id, preview: req.Preview, timeout: seconds(req.Timeout)}
	ctx, k, err := s.begin(ctx, req.Urn, r, req.News, req.OldInputs, req.Olds)
	if err != nil {
		return nil, err
	}
	state, err := k.update(ctx, r)
	if err != nil {
		return nil, s.fail(err)
	}
	properties, err := marshal(state)
	return &pulumirpc.UpdateResponse{Properties: properties}, err
}

func (s *server) Delete(ctx context.Context, req *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	r := &request{id: req.Id, timeout: seconds(req.Timeout)}
	ctx, k, err := s.begin(ctx, req.Urn, r, nil, nil, req.Properties)
	if err != nil {
		return nil, err
	}
	return &emptypb.Empty{}, s.fail(k.delete(ctx, r))
}

func (s *server) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	s.cancel()
	return &emptypb.Empty{}, nil
}

// plainKind is what most kinds are: inputs taken as they come, compared one by one, and nothing to read back.
type plainKind struct {
	required  []string
	replaceOn []string // property paths; "*" stands for any one step
}

func (k plainKind) check(_ context.Context, r *request) (resource.PropertyMap, []*pulumirpc.CheckFailure, error) {
	var failures []*pulumirpc.CheckFailure
	for _, name := range k.required {
		if !r.inputs.HasValue(resource.PropertyKey(name)) {
			failures = append(failures, &pulumirpc.CheckFailure{Property: name, Reason: "missing required property " + name})
		}
	}
	return r.inputs, failures, nil
}

func (k plainKind) diff(_ context.Context, r *request) (*difference, error) {
	return compare(r.oldInputs, r.inputs, k.replaceOn...), nil
}

func (plainKind) read(_ context.Context, r *request) (string, resource.PropertyMap, resource.PropertyMap, error) {
	return r.id, r.oldInputs, r.state, nil
}

func (plainKind) delete(context.Context, *request) error { return nil }

// noFunctions is for back ends without functions and without configuration that matters.
type noFunctions struct{}

func (noFunctions) configure(context.Context, resource.PropertyMap) error { return nil }

func (noFunctions) diffConfig(_, _ resource.PropertyMap) []string { return nil }

func (noFunctions) invoke(_ context.Context, token string, _ resource.PropertyMap) (resource.PropertyMap, error) {
	return nil, fmt.Errorf("function %s is not part of this offline plugin", token)
}

// with returns inputs and outputs together, as a state.
func with(inputs, outputs resource.PropertyMap) resource.PropertyMap {
	state := resource.PropertyMap{}
	maps.Copy(state, inputs)
	maps.Copy(state, outputs)
	return state
}
