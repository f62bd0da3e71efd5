/**
 * A part of @pulumi/nomad 2.6.1 with the same classes, tokens and marks as the published package.
 * Everything but behaviour is read from schema.json, the cut of the provider's published schema,
 * so that this file has nothing of its own to get wrong.
 */
"use strict";

const pulumi = require("@pulumi/pulumi");
const schema = require("./schema.json");

/** Without a version the engine would look for whichever plugin it finds. */
const defaults = { version: require("./package.json").version };

const secretNames = (properties) =>
  Object.keys(properties).filter((key) => properties[key].secret === true);

/** The arguments as the engine gets them: known keys only, secrets marked. */
function marked(properties, args) {
  return Object.fromEntries(
    Object.entries(properties).map(([key, { secret }]) => {
      const value = args?.[key];
      return [key, secret && value !== undefined ? pulumi.secret(value) : value];
    }),
  );
}

function hasType(obj, token) {
  return obj !== undefined && obj !== null && obj.__pulumiType === token;
}

function resource(token) {
  const { inputProperties, requiredInputs, properties } = schema.resources[token];
  const absent = Object.fromEntries(Object.keys(properties).map((key) => [key, undefined]));
  const additionalSecretOutputs = secretNames(properties);

  return class extends pulumi.CustomResource {
    static __pulumiType = token;

    static get(name, id, state, opts) {
      return new this(name, state, { ...opts, id });
    }

    static isInstance(obj) {
      return hasType(obj, token);
    }

    constructor(name, argsOrState, opts = {}) {
      const lookup = opts.id !== undefined;
      const missing = requiredInputs.find((key) => argsOrState?.[key] === undefined);
      if (missing && !lookup && !opts.urn)
        throw new Error(`Missing required property '${missing}'`);
      const given = lookup ? argsOrState : marked(inputProperties, argsOrState);
      const options = pulumi.mergeOptions({ ...defaults, additionalSecretOutputs }, opts);
      super(token, name, { ...absent, ...given }, options);
    }
  };
}

class Provider extends pulumi.ProviderResource {
  static __pulumiType = "nomad";

  static isInstance(obj) {
    return hasType(obj, `pulumi:providers:${Provider.__pulumiType}`);
  }

  constructor(name, args, opts) {
    const { inputProperties } = schema.provider;
    const inputs = marked(inputProperties, args);
    for (const [key, { type }] of Object.entries(inputProperties)) {
      // A provider's configuration travels as strings; the engine decodes what is JSON.
      if (type !== "string") inputs[key] = pulumi.output(inputs[key]).apply(JSON.stringify);
    }
    const additionalSecretOutputs = secretNames(inputProperties).filter(
      (key) => inputProperties[key].type === "string",
    );
    super(
      Provider.__pulumiType,
      name,
      inputs,
      pulumi.mergeOptions({ ...defaults, additionalSecretOutputs }, opts),
    );
  }
}

/** An invoke in its two forms: a promise of plain values, and an output of inputs. */
function invoke(token) {
  const names = Object.keys(schema.functions[token].inputs.properties);
  const pick = (args) => Object.fromEntries(names.map((key) => [key, args?.[key]]));
  return {
    plain: (args, opts) =>
      pulumi.runtime.invoke(token, pick(args), pulumi.mergeOptions(defaults, opts)),
    output: (args, opts) =>
      pulumi.runtime.invokeOutput(token, pick(args), pulumi.mergeOptions(defaults, opts)),
  };
}

const plugin = invoke("nomad:index/getPlugin:getPlugin");
const allocations = invoke("nomad:index/getAllocations:getAllocations");

module.exports = {
  __esModule: true,
  Provider,
  Job: class Job extends resource("nomad:index/job:Job") {},
  CsiVolume: class CsiVolume extends resource("nomad:index/csiVolume:CsiVolume") {},
  DynamicHostVolume: class DynamicHostVolume extends resource(
    "nomad:index/dynamicHostVolume:DynamicHostVolume",
  ) {},
  Variable: class Variable extends resource("nomad:index/variable:Variable") {},
  getPlugin: plugin.plain,
  getPluginOutput: plugin.output,
  getAllocations: allocations.plain,
  getAllocationsOutput: allocations.output,
};
