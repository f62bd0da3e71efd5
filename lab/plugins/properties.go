package main

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// plain turns a property value into what encoding/json would make of it; secrets lose their mark.
func plain(v resource.PropertyValue) any {
	return v.MapRepl(nil, func(v resource.PropertyValue) (any, bool) {
		if v.IsSecret() {
			return plain(v.SecretValue().Element), true
		}
		return nil, false
	})
}

func plainMap(m resource.PropertyMap) map[string]any {
	object, _ := plain(resource.NewObjectProperty(m)).(map[string]any)
	return object
}

func properties(object map[string]any) resource.PropertyMap {
	return resource.NewPropertyMapFromMap(object)
}

// public drops the secret marks of a map, all the way down.
func public(m resource.PropertyMap) resource.PropertyMap {
	var strip func(v resource.PropertyValue) resource.PropertyValue
	strip = func(v resource.PropertyValue) resource.PropertyValue {
		switch {
		case v.IsSecret():
			return strip(v.SecretValue().Element)
		case v.IsArray():
			items := make([]resource.PropertyValue, len(v.ArrayValue()))
			for i, item := range v.ArrayValue() {
				items[i] = strip(item)
			}
			return resource.NewArrayProperty(items)
		case v.IsObject():
			return resource.NewObjectProperty(public(v.ObjectValue()))
		}
		return v
	}
	result := make(resource.PropertyMap, len(m))
	for key, value := range m {
		result[key] = strip(value)
	}
	return result
}

// markSecrets marks in m what is marked in like, at the same path.
func markSecrets(m, like resource.PropertyMap) resource.PropertyMap {
	var mark func(v, like resource.PropertyValue) resource.PropertyValue
	mark = func(v, like resource.PropertyValue) resource.PropertyValue {
		switch {
		case like.IsSecret() && !v.IsSecret():
			return resource.MakeSecret(v)
		case like.IsObject() && v.IsObject():
			return resource.NewObjectProperty(markSecrets(v.ObjectValue(), like.ObjectValue()))
		case like.IsArray() && v.IsArray():
			items := slices.Clone(v.ArrayValue())
			for i := 0; i < min(len(items), len(like.ArrayValue())); i++ {
				items[i] = mark(items[i], like.ArrayValue()[i])
			}
			return resource.NewArrayProperty(items)
		}
		return v
	}
	result := make(resource.PropertyMap, len(m))
	for key, value := range m {
		result[key] = mark(value, like[key])
	}
	return result
}

func text(m resource.PropertyMap, key resource.PropertyKey) string {
	if v := open(m[key]); v.IsString() {
		return v.StringValue()
	}
	return ""
}

// flag reads a boolean. Provider configuration arrives as JSON in a string.
func flag(m resource.PropertyMap, key resource.PropertyKey, fallback bool) bool {
	switch v := open(m[key]); {
	case v.IsBool():
		return v.BoolValue()
	case v.IsString():
		var b bool
		if json.Unmarshal([]byte(v.StringValue()), &b) == nil {
			return b
		}
	}
	return fallback
}

func number(m resource.PropertyMap, key resource.PropertyKey, fallback float64) float64 {
	if v := open(m[key]); v.IsNumber() {
		return v.NumberValue()
	}
	return fallback
}

func object(m resource.PropertyMap, key resource.PropertyKey) resource.PropertyMap {
	if v := open(m[key]); v.IsObject() {
		return v.ObjectValue()
	}
	return nil
}

func strs(m resource.PropertyMap, key resource.PropertyKey) (result []string) {
	if v := open(m[key]); v.IsArray() {
		for _, item := range v.ArrayValue() {
			result = append(result, open(item).StringValue())
		}
	}
	return result
}

func textMap(m resource.PropertyMap, key resource.PropertyKey) map[string]string {
	result := map[string]string{}
	for k, v := range object(m, key) {
		if v = open(v); v.IsString() {
			result[string(k)] = v.StringValue()
		}
	}
	return result
}

func open(v resource.PropertyValue) resource.PropertyValue {
	for v.IsSecret() {
		v = v.SecretValue().Element
	}
	return v
}

func unknown() resource.PropertyValue { return resource.MakeComputed(resource.NewStringProperty("")) }

// difference is what a diff found: changed paths, those that need a replacement marked as such.
type difference struct {
	paths               map[string]*pulumirpc.PropertyDiff
	deleteBeforeReplace bool
}

var replacing = map[pulumirpc.PropertyDiff_Kind]pulumirpc.PropertyDiff_Kind{
	pulumirpc.PropertyDiff_ADD:    pulumirpc.PropertyDiff_ADD_REPLACE,
	pulumirpc.PropertyDiff_DELETE: pulumirpc.PropertyDiff_DELETE_REPLACE,
	pulumirpc.PropertyDiff_UPDATE: pulumirpc.PropertyDiff_UPDATE_REPLACE,
}

var kinds = map[plugin.DiffKind]pulumirpc.PropertyDiff_Kind{
	plugin.DiffAdd:    pulumirpc.PropertyDiff_ADD,
	plugin.DiffDelete: pulumirpc.PropertyDiff_DELETE,
	plugin.DiffUpdate: pulumirpc.PropertyDiff_UPDATE,
}

// compare lists what differs between two sets of inputs. A value that merely became or ceased to be secret does not
// count. Keys that start with "__" belong to the engine.
func compare(old, new resource.PropertyMap, replaceOn ...string) *difference {
	d := &difference{paths: map[string]*pulumirpc.PropertyDiff{}}
	internal := func(key resource.PropertyKey) bool { return strings.HasPrefix(string(key), "__") }
	for path, change := range plugin.NewDetailedDiffFromObjectDiff(public(old).Diff(public(new), internal), true) {
		d.paths[path] = &pulumirpc.PropertyDiff{Kind: kinds[change.Kind], InputDiff: true}
		if matchesAny(path, replaceOn) {
			d.paths[path].Kind = replacing[kinds[change.Kind]]
		}
	}
	return d
}

// matchesAny tells whether a changed path lies at or below one of the patterns.
func matchesAny(path string, patterns []string) bool {
	parsed, err := resource.ParsePropertyPath(path)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		steps := strings.Split(pattern, ".")
		if len(steps) > len(parsed) {
			return false
		}
		for i, step := range steps {
			if step != "*" && parsed[i] != step {
				return false
			}
		}
		return true
	})
}

func (d *difference) replace(path string) {
	d.paths[path] = &pulumirpc.PropertyDiff{Kind: pulumirpc.PropertyDiff_UPDATE_REPLACE}
}

func (d *difference) replaces() (paths []string) {
	for path, change := range d.paths {
		if replacing[pulumirpc.PropertyDiff_ADD] == change.Kind || replacing[pulumirpc.PropertyDiff_DELETE] == change.Kind ||
			replacing[pulumirpc.PropertyDiff_UPDATE] == change.Kind {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths
}

func (d *difference) response() *pulumirpc.DiffResponse {
	response := &pulumirpc.DiffResponse{
		Changes: pulumirpc.DiffResponse_DIFF_NONE, DetailedDiff: d.paths, HasDetailedDiff: true,
		Replaces: d.replaces(), DeleteBeforeReplace: d.deleteBeforeReplace,
	}
	for path := range d.paths {
		response.Changes = pulumirpc.DiffResponse_DIFF_SOME
		response.Diffs = append(response.Diffs, strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '[' })[0])
	}
	return response
}
