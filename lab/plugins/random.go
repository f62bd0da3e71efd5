package main

import (
	"context"
	crand "crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"math/big"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"golang.org/x/crypto/bcrypt"
)

// random: values that are drawn once and kept until a keeper or any other input changes.
type random struct{ noFunctions }

func newRandom() backend { return random{} }

func (random) kind(token tokens.Type) kind {
	switch token {
	case "random:index/randomPassword:RandomPassword":
		return drawn{plainKind{[]string{"length"}, []string{"*"}}, []string{"result", "bcryptHash"}, drawCharacters, passwordOutputs}
	case "random:index/randomString:RandomString":
		return drawn{plainKind{[]string{"length"}, []string{"*"}}, []string{"result"}, drawCharacters, stringOutputs}
	case "random:index/randomId:RandomId":
		return drawn{plainKind{[]string{"byteLength"}, []string{"*"}}, []string{"hex", "dec", "b64Url", "b64Std"}, drawBytes, idOutputs}
	}
	return nil
}

// drawn is a kind whose every changed input means a new draw.
type drawn struct {
	plainKind
	computed []string
	draw     func(inputs resource.PropertyMap) (value string, err error)
	// outputs explains a value, drawn or given at import.
	outputs func(value string) (id string, inputs, outputs resource.PropertyMap, err error)
}

func (k drawn) create(_ context.Context, r *request) (string, resource.PropertyMap, error) {
	if r.preview {
		outputs := resource.PropertyMap{}
		for _, name := range k.computed {
			outputs[resource.PropertyKey(name)] = unknown()
		}
		return "", with(r.inputs, outputs), nil
	}
	value, err := k.draw(r.inputs)
	if err != nil {
		return "", nil, err
	}
	id, _, outputs, err := k.outputs(value)
	return id, with(r.inputs, outputs), err
}

func (k drawn) update(_ context.Context, r *request) (resource.PropertyMap, error) {
	return with(r.state, r.inputs), nil
}

// read of a resource without state is an import.
func (k drawn) read(ctx context.Context, r *request) (string, resource.PropertyMap, resource.PropertyMap, error) {
	if len(r.state) > 0 {
		return k.plainKind.read(ctx, r)
	}
	id, inputs, outputs, err := k.outputs(r.id)
	return id, inputs, with(inputs, outputs), err
}

// The classes of characters, in the order in which they are filled up.
var classes = []struct {
	name, minimum resource.PropertyKey
	characters    string
}{
	{"numeric", "minNumeric", "0123456789"},
	{"lower", "minLower", "abcdefghijklmnopqrstuvwxyz"},
	{"upper", "minUpper", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"},
	{"special", "minSpecial", "!@#$%&*()-_=+[]{}<>:?"},
}

func drawCharacters(inputs resource.PropertyMap) (string, error) {
	length, alphabet, result := int(number(inputs, "length", 0)), "", []byte{}
	for _, class := range classes {
		characters := class.characters
		if special := text(inputs, "overrideSpecial"); class.name == "special" && special != "" {
			characters = special
		}
		minimum := int(number(inputs, class.minimum, 0))
		if flag(inputs, class.name, flag(inputs, "number", true) || class.name != "numeric") {
			alphabet += characters
		}
		part, err := pick(characters, minimum)
		if err != nil {
			return "", err
		}
		result = append(result, part...)
	}
	if len(result) > length {
		return "", errors.New("the minimum numbers of characters together exceed the length")
	}
	if alphabet == "" {
		return "", errors.New("no class of characters is allowed")
	}
	rest, err := pick(alphabet, length-len(result))
	if err != nil {
		return "", err
	}
	result = append(result, rest...)
	for i := len(result) - 1; i > 0; i-- {
		j, err := below(i + 1)
		if err != nil {
			return "", err
		}
		result[i], result[j] = result[j], result[i]
	}
	return string(result), nil
}

func pick(alphabet string, n int) ([]byte, error) {
	result := make([]byte, n)
	for i := range result {
		j, err := below(len(alphabet))
		if err != nil {
			return nil, err
		}
		result[i] = alphabet[j]
	}
	return result, nil
}

func below(n int) (int, error) {
	i, err := crand.Int(crand.Reader, big.NewInt(int64(n)))
	if err != nil {
		return 0, err
	}
	return int(i.Int64()), nil
}

func stringOutputs(value string) (string, resource.PropertyMap, resource.PropertyMap, error) {
	inputs := resource.PropertyMap{"length": resource.NewNumberProperty(float64(len(value)))}
	return value, inputs, resource.PropertyMap{"result": resource.NewStringProperty(value)}, nil
}

func passwordOutputs(value string) (string, resource.PropertyMap, resource.PropertyMap, error) {
	// bcrypt reads 72 bytes and refuses more.
	hash, err := bcrypt.GenerateFromPassword([]byte(value)[:min(len(value), 72)], bcrypt.DefaultCost)
	inputs := resource.PropertyMap{"length": resource.NewNumberProperty(float64(len(value)))}
	// An id is never secret: it must not be the value.
	return "none", inputs, resource.PropertyMap{
		"result":     resource.MakeSecret(resource.NewStringProperty(value)),
		"bcryptHash": resource.MakeSecret(resource.NewStringProperty(string(hash))),
	}, err
}

func drawBytes(inputs resource.PropertyMap) (string, error) {
	bytes := make([]byte, int(number(inputs, "byteLength", 0)))
	_, err := crand.Read(bytes)
	return text(inputs, "prefix") + "," + base64.RawURLEncoding.EncodeToString(bytes), err
}

// idOutputs takes what an import is given: "id" or "prefix,id".
func idOutputs(value string) (string, resource.PropertyMap, resource.PropertyMap, error) {
	prefix, id, found := strings.Cut(value, ",")
	if !found {
		prefix, id = "", value
	}
	bytes, err := base64.RawURLEncoding.DecodeString(id)
	inputs := resource.PropertyMap{"byteLength": resource.NewNumberProperty(float64(len(bytes)))}
	if prefix != "" {
		inputs["prefix"] = resource.NewStringProperty(prefix)
	}
	prefixed := func(s string) resource.PropertyValue { return resource.NewStringProperty(prefix + s) }
	return id, inputs, resource.PropertyMap{
		"hex":    prefixed(hex.EncodeToString(bytes)),
		"dec":    prefixed(new(big.Int).SetBytes(bytes).String()),
		"b64Url": prefixed(id),
		"b64Std": prefixed(base64.StdEncoding.EncodeToString(bytes)),
	}, err
}
