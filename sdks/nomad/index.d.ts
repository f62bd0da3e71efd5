/**
 * The types of the part of @pulumi/nomad 2.6.1 that is offered here: names, optionality and shapes
 * are those of the published package, so that taking that one instead changes no import.
 */
import * as pulumi from "@pulumi/pulumi";

export declare class Provider extends pulumi.ProviderResource {
  static isInstance(obj: unknown): obj is Provider;

  readonly address: pulumi.Output<string | undefined>;
  readonly caFile: pulumi.Output<string | undefined>;
  readonly caPem: pulumi.Output<string | undefined>;
  readonly certFile: pulumi.Output<string | undefined>;
  readonly certPem: pulumi.Output<string | undefined>;
  readonly httpAuth: pulumi.Output<string | undefined>;
  readonly keyFile: pulumi.Output<string | undefined>;
  readonly keyPem: pulumi.Output<string | undefined>;
  readonly region: pulumi.Output<string | undefined>;
  readonly secretId: pulumi.Output<string | undefined>;

  constructor(name: string, args?: ProviderArgs, opts?: pulumi.ResourceOptions);
}

export interface ProviderArgs {
  /** URL of the root of the target Nomad agent. */
  address?: pulumi.Input<string>;
  /** Authenticates to Nomad using a JWT authentication method. */
  authJwt?: pulumi.Input<types.input.ProviderAuthJwt>;
  /** A path to a PEM-encoded certificate authority used to verify the remote agent's certificate. */
  caFile?: pulumi.Input<string>;
  /** PEM-encoded certificate authority used to verify the remote agent's certificate. */
  caPem?: pulumi.Input<string>;
  /** A path to a PEM-encoded certificate provided to the remote agent; requires use of keyFile or key_pem. */
  certFile?: pulumi.Input<string>;
  /** PEM-encoded certificate provided to the remote agent; requires use of keyFile or key_pem. */
  certPem?: pulumi.Input<string>;
  /** The headers to send with each Nomad request. */
  headers?: pulumi.Input<pulumi.Input<types.input.ProviderHeader>[]>;
  /** HTTP basic auth configuration. */
  httpAuth?: pulumi.Input<string>;
  /** A set of environment variables that are ignored by the provider when configuring the Nomad API client. */
  ignoreEnvVars?: pulumi.Input<Record<string, pulumi.Input<boolean>>>;
  /** A path to a PEM-encoded private key, required if certFile or certPem is specified. */
  keyFile?: pulumi.Input<string>;
  /** PEM-encoded private key, required if certFile or certPem is specified. */
  keyPem?: pulumi.Input<string>;
  /** Region of the target Nomad agent. */
  region?: pulumi.Input<string>;
  /** ACL token secret for API requests. */
  secretId?: pulumi.Input<string>;
  /** Skip TLS verification on client side. */
  skipVerify?: pulumi.Input<boolean>;
}

export declare class Job extends pulumi.CustomResource {
  static get(
    name: string,
    id: pulumi.Input<pulumi.ID>,
    state?: JobState,
    opts?: pulumi.CustomResourceOptions,
  ): Job;
  static isInstance(obj: unknown): obj is Job;

  readonly allAtOnce: pulumi.Output<boolean>;
  readonly allocationIds: pulumi.Output<string[]>;
  readonly constraints: pulumi.Output<types.output.JobConstraint[]>;
  readonly createIndex: pulumi.Output<number>;
  readonly datacenters: pulumi.Output<string[]>;
  readonly deploymentId: pulumi.Output<string>;
  readonly deploymentStatus: pulumi.Output<string>;
  readonly deregisterOnDestroy: pulumi.Output<boolean | undefined>;
  readonly deregisterOnIdChange: pulumi.Output<boolean | undefined>;
  readonly detach: pulumi.Output<boolean | undefined>;
  readonly hcl2: pulumi.Output<types.output.JobHcl2 | undefined>;
  readonly jobspec: pulumi.Output<string>;
  readonly json: pulumi.Output<boolean | undefined>;
  readonly modifyIndex: pulumi.Output<string>;
  readonly name: pulumi.Output<string>;
  readonly namespace: pulumi.Output<string>;
  readonly parentId: pulumi.Output<string>;
  readonly periodicConfigs: pulumi.Output<types.output.JobPeriodicConfig[]>;
  readonly policyOverride: pulumi.Output<boolean | undefined>;
  readonly preserveCounts: pulumi.Output<boolean | undefined>;
  readonly priority: pulumi.Output<number>;
  readonly purgeOnDestroy: pulumi.Output<boolean | undefined>;
  readonly readAllocationIds: pulumi.Output<boolean | undefined>;
  readonly region: pulumi.Output<string>;
  readonly rerunIfDead: pulumi.Output<boolean | undefined>;
  readonly stable: pulumi.Output<boolean>;
  readonly status: pulumi.Output<string>;
  readonly statusDescription: pulumi.Output<string>;
  readonly stop: pulumi.Output<boolean>;
  readonly submitTime: pulumi.Output<string>;
  readonly taskGroups: pulumi.Output<types.output.JobTaskGroup[]>;
  readonly type: pulumi.Output<string>;
  readonly updateStrategies: pulumi.Output<types.output.JobUpdateStrategy[]>;
  readonly version: pulumi.Output<number>;

  constructor(name: string, args: JobArgs, opts?: pulumi.CustomResourceOptions);
}

export interface JobArgs {
  /** Determines if the job will be deregistered when this resource is destroyed in Terraform. @default true */
  deregisterOnDestroy?: pulumi.Input<boolean>;
  /** Determines if the job will be deregistered if the ID of the job in the jobspec changes. @default true */
  deregisterOnIdChange?: pulumi.Input<boolean>;
  /** If true, the provider will return immediately after creating or updating, instead of monitoring. @default true */
  detach?: pulumi.Input<boolean>;
  /** Options for the HCL2 jobspec parser. */
  hcl2?: pulumi.Input<types.input.JobHcl2>;
  /** The contents of the jobspec to register. */
  jobspec: pulumi.Input<string>;
  /** Set this to `true` if your jobspec is structured with JSON instead of the default HCL. @default false */
  json?: pulumi.Input<boolean>;
  /** Determines if the job will override any soft-mandatory Sentinel policies and register even if they fail. @default false */
  policyOverride?: pulumi.Input<boolean>;
  /** If true, preserves the current task group counts already stored in Nomad during job registration instead of applying the counts from the submitted jobspec. @default false */
  preserveCounts?: pulumi.Input<boolean>;
  /** Set this to true if you want the job to be purged when the resource is destroyed. @default false */
  purgeOnDestroy?: pulumi.Input<boolean>;
  readAllocationIds?: pulumi.Input<boolean>;
  /** Set this to true to force the job to run again if its status is `dead`. @default false */
  rerunIfDead?: pulumi.Input<boolean>;
}

export interface JobState {
  allAtOnce?: pulumi.Input<boolean>;
  allocationIds?: pulumi.Input<pulumi.Input<string>[]>;
  constraints?: pulumi.Input<pulumi.Input<types.input.JobConstraint>[]>;
  createIndex?: pulumi.Input<number>;
  datacenters?: pulumi.Input<pulumi.Input<string>[]>;
  deploymentId?: pulumi.Input<string>;
  deploymentStatus?: pulumi.Input<string>;
  deregisterOnDestroy?: pulumi.Input<boolean>;
  deregisterOnIdChange?: pulumi.Input<boolean>;
  detach?: pulumi.Input<boolean>;
  hcl2?: pulumi.Input<types.input.JobHcl2>;
  jobspec?: pulumi.Input<string>;
  json?: pulumi.Input<boolean>;
  modifyIndex?: pulumi.Input<string>;
  name?: pulumi.Input<string>;
  namespace?: pulumi.Input<string>;
  parentId?: pulumi.Input<string>;
  periodicConfigs?: pulumi.Input<pulumi.Input<types.input.JobPeriodicConfig>[]>;
  policyOverride?: pulumi.Input<boolean>;
  preserveCounts?: pulumi.Input<boolean>;
  priority?: pulumi.Input<number>;
  purgeOnDestroy?: pulumi.Input<boolean>;
  readAllocationIds?: pulumi.Input<boolean>;
  region?: pulumi.Input<string>;
  rerunIfDead?: pulumi.Input<boolean>;
  stable?: pulumi.Input<boolean>;
  status?: pulumi.Input<string>;
  statusDescription?: pulumi.Input<string>;
  stop?: pulumi.Input<boolean>;
  submitTime?: pulumi.Input<string>;
  taskGroups?: pulumi.Input<pulumi.Input<types.input.JobTaskGroup>[]>;
  type?: pulumi.Input<string>;
  updateStrategies?: pulumi.Input<pulumi.Input<types.input.JobUpdateStrategy>[]>;
  version?: pulumi.Input<number>;
}

export declare class CsiVolume extends pulumi.CustomResource {
  static get(
    name: string,
    id: pulumi.Input<pulumi.ID>,
    state?: CsiVolumeState,
    opts?: pulumi.CustomResourceOptions,
  ): CsiVolume;
  static isInstance(obj: unknown): obj is CsiVolume;

  readonly capabilities: pulumi.Output<types.output.CsiVolumeCapability[]>;
  readonly capacity: pulumi.Output<number>;
  readonly capacityMax: pulumi.Output<string | undefined>;
  readonly capacityMaxBytes: pulumi.Output<number>;
  readonly capacityMin: pulumi.Output<string | undefined>;
  readonly capacityMinBytes: pulumi.Output<number>;
  readonly cloneId: pulumi.Output<string | undefined>;
  readonly context: pulumi.Output<Record<string, string>>;
  readonly controllerRequired: pulumi.Output<boolean>;
  readonly controllersExpected: pulumi.Output<number>;
  readonly controllersHealthy: pulumi.Output<number>;
  readonly externalId: pulumi.Output<string>;
  readonly mountOptions: pulumi.Output<types.output.CsiVolumeMountOptions | undefined>;
  readonly name: pulumi.Output<string>;
  readonly namespace: pulumi.Output<string | undefined>;
  readonly nodesExpected: pulumi.Output<number>;
  readonly nodesHealthy: pulumi.Output<number>;
  readonly parameters: pulumi.Output<Record<string, string> | undefined>;
  readonly pluginId: pulumi.Output<string>;
  readonly pluginProvider: pulumi.Output<string>;
  readonly pluginProviderVersion: pulumi.Output<string>;
  readonly schedulable: pulumi.Output<boolean>;
  readonly secrets: pulumi.Output<Record<string, string> | undefined>;
  readonly snapshotId: pulumi.Output<string | undefined>;
  readonly topologies: pulumi.Output<types.output.CsiVolumeTopology[]>;
  readonly topologyRequest: pulumi.Output<types.output.CsiVolumeTopologyRequest | undefined>;
  readonly volumeId: pulumi.Output<string>;

  constructor(name: string, args: CsiVolumeArgs, opts?: pulumi.CustomResourceOptions);
}

export interface CsiVolumeArgs {
  /** Options for validating the capability of a volume. */
  capabilities: pulumi.Input<pulumi.Input<types.input.CsiVolumeCapability>[]>;
  /** Option to signal a maximum volume size. */
  capacityMax?: pulumi.Input<string>;
  /** Option to signal a minimum volume size. */
  capacityMin?: pulumi.Input<string>;
  /** The external ID of an existing volume to restore. */
  cloneId?: pulumi.Input<string>;
  /** Options for mounting `block-device` volumes without a pre-formatted file system. */
  mountOptions?: pulumi.Input<types.input.CsiVolumeMountOptions>;
  /** The display name for the volume. */
  name?: pulumi.Input<string>;
  /** The namespace in which to register the volume. @default "default" */
  namespace?: pulumi.Input<string>;
  /** An optional key-value map of strings passed directly to the CSI plugin to configure the volume. */
  parameters?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** The ID of the Nomad plugin for registering this volume. */
  pluginId: pulumi.Input<string>;
  /** An optional key-value map of strings used as credentials for publishing and unpublishing volumes. */
  secrets?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** The external ID of a snapshot to restore. */
  snapshotId?: pulumi.Input<string>;
  /** Specify locations (region, zone, rack, etc.) where the provisioned volume is accessible from. */
  topologyRequest?: pulumi.Input<types.input.CsiVolumeTopologyRequest>;
  /** The unique ID of the volume. */
  volumeId: pulumi.Input<string>;
}

export interface CsiVolumeState {
  capabilities?: pulumi.Input<pulumi.Input<types.input.CsiVolumeCapability>[]>;
  capacity?: pulumi.Input<number>;
  capacityMax?: pulumi.Input<string>;
  capacityMaxBytes?: pulumi.Input<number>;
  capacityMin?: pulumi.Input<string>;
  capacityMinBytes?: pulumi.Input<number>;
  cloneId?: pulumi.Input<string>;
  context?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  controllerRequired?: pulumi.Input<boolean>;
  controllersExpected?: pulumi.Input<number>;
  controllersHealthy?: pulumi.Input<number>;
  externalId?: pulumi.Input<string>;
  mountOptions?: pulumi.Input<types.input.CsiVolumeMountOptions>;
  name?: pulumi.Input<string>;
  namespace?: pulumi.Input<string>;
  nodesExpected?: pulumi.Input<number>;
  nodesHealthy?: pulumi.Input<number>;
  parameters?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  pluginId?: pulumi.Input<string>;
  pluginProvider?: pulumi.Input<string>;
  pluginProviderVersion?: pulumi.Input<string>;
  schedulable?: pulumi.Input<boolean>;
  secrets?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  snapshotId?: pulumi.Input<string>;
  topologies?: pulumi.Input<pulumi.Input<types.input.CsiVolumeTopology>[]>;
  topologyRequest?: pulumi.Input<types.input.CsiVolumeTopologyRequest>;
  volumeId?: pulumi.Input<string>;
}

export declare class DynamicHostVolume extends pulumi.CustomResource {
  static get(
    name: string,
    id: pulumi.Input<pulumi.ID>,
    state?: DynamicHostVolumeState,
    opts?: pulumi.CustomResourceOptions,
  ): DynamicHostVolume;
  static isInstance(obj: unknown): obj is DynamicHostVolume;

  readonly capabilities: pulumi.Output<types.output.DynamicHostVolumeCapability[]>;
  readonly capacity: pulumi.Output<string>;
  readonly capacityBytes: pulumi.Output<number>;
  readonly capacityMax: pulumi.Output<string | undefined>;
  readonly capacityMaxBytes: pulumi.Output<number>;
  readonly capacityMin: pulumi.Output<string | undefined>;
  readonly capacityMinBytes: pulumi.Output<number>;
  readonly constraints: pulumi.Output<types.output.DynamicHostVolumeConstraint[] | undefined>;
  readonly hostPath: pulumi.Output<string>;
  readonly name: pulumi.Output<string>;
  readonly namespace: pulumi.Output<string | undefined>;
  readonly nodeId: pulumi.Output<string>;
  readonly nodePool: pulumi.Output<string>;
  readonly parameters: pulumi.Output<Record<string, string> | undefined>;
  readonly pluginId: pulumi.Output<string>;
  readonly state: pulumi.Output<string>;

  constructor(name: string, args: DynamicHostVolumeArgs, opts?: pulumi.CustomResourceOptions);
}

export interface DynamicHostVolumeArgs {
  /** Option for validating the capability of a volume. */
  capabilities: pulumi.Input<pulumi.Input<types.input.DynamicHostVolumeCapability>[]>;
  /** Option for requesting a maximum capacity, in bytes. */
  capacityMax?: pulumi.Input<string>;
  /** Option for requesting a minimum capacity, in bytes. */
  capacityMin?: pulumi.Input<string>;
  /** A restriction on the eligible nodes where a volume can be created, similar to the [`constraint`][] block on a Nomad job specification.. */
  constraints?: pulumi.Input<pulumi.Input<types.input.DynamicHostVolumeConstraint>[]>;
  /** The name of the volume, which is used as the [`volume.source`][volumeSource] field in job specifications that claim this volume. */
  name?: pulumi.Input<string>;
  /** The namespace of the volume. */
  namespace?: pulumi.Input<string>;
  /** A specific node where you would like the volume to be created. */
  nodeId?: pulumi.Input<string>;
  /** A specific node pool where you would like the volume to be created. */
  nodePool?: pulumi.Input<string>;
  /** A key-value map of strings passed directly to the plugin to configure the volume. */
  parameters?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** The ID of the [dynamic host volume plugin][dhvPlugin] that manages this volume. */
  pluginId: pulumi.Input<string>;
}

export interface DynamicHostVolumeState {
  capabilities?: pulumi.Input<pulumi.Input<types.input.DynamicHostVolumeCapability>[]>;
  capacity?: pulumi.Input<string>;
  capacityBytes?: pulumi.Input<number>;
  capacityMax?: pulumi.Input<string>;
  capacityMaxBytes?: pulumi.Input<number>;
  capacityMin?: pulumi.Input<string>;
  capacityMinBytes?: pulumi.Input<number>;
  constraints?: pulumi.Input<pulumi.Input<types.input.DynamicHostVolumeConstraint>[]>;
  hostPath?: pulumi.Input<string>;
  name?: pulumi.Input<string>;
  namespace?: pulumi.Input<string>;
  nodeId?: pulumi.Input<string>;
  nodePool?: pulumi.Input<string>;
  parameters?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  pluginId?: pulumi.Input<string>;
  state?: pulumi.Input<string>;
}

export declare class Variable extends pulumi.CustomResource {
  static get(
    name: string,
    id: pulumi.Input<pulumi.ID>,
    state?: VariableState,
    opts?: pulumi.CustomResourceOptions,
  ): Variable;
  static isInstance(obj: unknown): obj is Variable;

  readonly items: pulumi.Output<Record<string, string> | undefined>;
  readonly itemsWo: pulumi.Output<string | undefined>;
  readonly itemsWoVersion: pulumi.Output<number | undefined>;
  readonly namespace: pulumi.Output<string | undefined>;
  readonly path: pulumi.Output<string>;

  constructor(name: string, args: VariableArgs, opts?: pulumi.CustomResourceOptions);
}

export interface VariableArgs {
  /** An arbitrary map of items to create in the variable. */
  items?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** **NOTE:** This field is write-only and its value will not be updated in state as part of read operations. */
  itemsWo?: pulumi.Input<string>;
  /** A version marker for `itemsWo`. */
  itemsWoVersion?: pulumi.Input<number>;
  /** The namepsace to create the variable in. @default "default" */
  namespace?: pulumi.Input<string>;
  /** A unique path to create the variable at. */
  path: pulumi.Input<string>;
}

export interface VariableState {
  items?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  itemsWo?: pulumi.Input<string>;
  itemsWoVersion?: pulumi.Input<number>;
  namespace?: pulumi.Input<string>;
  path?: pulumi.Input<string>;
}

export declare function getPlugin(
  args: GetPluginArgs,
  opts?: pulumi.InvokeOptions,
): Promise<GetPluginResult>;
export declare function getPluginOutput(
  args: GetPluginOutputArgs,
  opts?: pulumi.InvokeOutputOptions,
): pulumi.Output<GetPluginResult>;

export interface GetPluginArgs {
  /** ID of the plugin. */
  pluginId: string;
  /** retry until the plugin exists and all controllers are healthy */
  waitForHealthy?: boolean;
  /** if the plugin doesn't exist, retry until it does */
  waitForRegistration?: boolean;
}

export interface GetPluginOutputArgs {
  pluginId: pulumi.Input<string>;
  waitForHealthy?: pulumi.Input<boolean>;
  waitForRegistration?: pulumi.Input<boolean>;
}

export interface GetPluginResult {
  controllerRequired: boolean;
  controllersExpected: number;
  controllersHealthy: number;
  id: string;
  nodes: types.output.GetPluginNode[];
  nodesExpected: number;
  nodesHealthy: number;
  pluginId: string;
  pluginProvider: string;
  pluginProviderVersion: string;
  waitForHealthy?: boolean;
  waitForRegistration?: boolean;
}

export declare function getAllocations(
  args?: GetAllocationsArgs,
  opts?: pulumi.InvokeOptions,
): Promise<GetAllocationsResult>;
export declare function getAllocationsOutput(
  args?: GetAllocationsOutputArgs,
  opts?: pulumi.InvokeOutputOptions,
): pulumi.Output<GetAllocationsResult>;

export interface GetAllocationsArgs {
  /** Specifies the [expression][nomadApiFilter] used to filter the results. */
  filter?: string;
  /** Specifies the namespace to search for allocations in. */
  namespace?: string;
  /** Specifies a string to filter allocations based on an ID prefix. */
  prefix?: string;
}

export interface GetAllocationsOutputArgs {
  filter?: pulumi.Input<string>;
  namespace?: pulumi.Input<string>;
  prefix?: pulumi.Input<string>;
}

export interface GetAllocationsResult {
  allocations: types.output.GetAllocationsAllocation[];
  filter?: string;
  id: string;
  namespace?: string;
  prefix?: string;
}

export declare namespace types {
  namespace input {
    export interface CsiVolumeCapability {
      accessMode: pulumi.Input<string>;
      attachmentMode: pulumi.Input<string>;
    }

    export interface CsiVolumeMountOptions {
      fsType?: pulumi.Input<string>;
      mountFlags?: pulumi.Input<pulumi.Input<string>[]>;
    }

    export interface CsiVolumeTopology {
      segments?: pulumi.Input<Record<string, pulumi.Input<string>>>;
    }

    export interface CsiVolumeTopologyRequest {
      preferred?: pulumi.Input<types.input.CsiVolumeTopologyRequestPreferred>;
      required?: pulumi.Input<types.input.CsiVolumeTopologyRequestRequired>;
    }

    export interface CsiVolumeTopologyRequestPreferred {
      topologies: pulumi.Input<
        pulumi.Input<types.input.CsiVolumeTopologyRequestPreferredTopology>[]
      >;
    }

    export interface CsiVolumeTopologyRequestPreferredTopology {
      segments: pulumi.Input<Record<string, pulumi.Input<string>>>;
    }

    export interface CsiVolumeTopologyRequestRequired {
      topologies: pulumi.Input<
        pulumi.Input<types.input.CsiVolumeTopologyRequestRequiredTopology>[]
      >;
    }

    export interface CsiVolumeTopologyRequestRequiredTopology {
      segments: pulumi.Input<Record<string, pulumi.Input<string>>>;
    }

    export interface DynamicHostVolumeCapability {
      accessMode: pulumi.Input<string>;
      attachmentMode: pulumi.Input<string>;
    }

    export interface DynamicHostVolumeConstraint {
      attribute: pulumi.Input<string>;
      operator?: pulumi.Input<string>;
      value?: pulumi.Input<string>;
    }

    export interface JobConstraint {
      ltarget?: pulumi.Input<string>;
      operand?: pulumi.Input<string>;
      rtarget?: pulumi.Input<string>;
    }

    export interface JobHcl2 {
      allowFs?: pulumi.Input<boolean>;
      vars?: pulumi.Input<Record<string, pulumi.Input<string>>>;
    }

    export interface JobPeriodicConfig {
      enabled?: pulumi.Input<boolean>;
      prohibitOverlap?: pulumi.Input<boolean>;
      spec?: pulumi.Input<string>;
      specType?: pulumi.Input<string>;
      timezone?: pulumi.Input<string>;
    }

    export interface JobTaskGroup {
      count?: pulumi.Input<number>;
      meta?: pulumi.Input<Record<string, pulumi.Input<string>>>;
      name?: pulumi.Input<string>;
      tasks?: pulumi.Input<pulumi.Input<types.input.JobTaskGroupTask>[]>;
      updateStrategies?: pulumi.Input<pulumi.Input<types.input.JobTaskGroupUpdateStrategy>[]>;
      volumes?: pulumi.Input<pulumi.Input<types.input.JobTaskGroupVolume>[]>;
    }

    export interface JobTaskGroupTask {
      driver?: pulumi.Input<string>;
      meta?: pulumi.Input<Record<string, pulumi.Input<string>>>;
      name?: pulumi.Input<string>;
      volumeMounts?: pulumi.Input<pulumi.Input<types.input.JobTaskGroupTaskVolumeMount>[]>;
    }

    export interface JobTaskGroupTaskVolumeMount {
      destination?: pulumi.Input<string>;
      readOnly?: pulumi.Input<boolean>;
      volume?: pulumi.Input<string>;
    }

    export interface JobTaskGroupUpdateStrategy {
      autoRevert?: pulumi.Input<boolean>;
      canary?: pulumi.Input<number>;
      healthCheck?: pulumi.Input<string>;
      healthyDeadline?: pulumi.Input<string>;
      maxParallel?: pulumi.Input<number>;
      minHealthyTime?: pulumi.Input<string>;
      stagger?: pulumi.Input<string>;
    }

    export interface JobTaskGroupVolume {
      name?: pulumi.Input<string>;
      readOnly?: pulumi.Input<boolean>;
      source?: pulumi.Input<string>;
      type?: pulumi.Input<string>;
    }

    export interface JobUpdateStrategy {
      autoRevert?: pulumi.Input<boolean>;
      canary?: pulumi.Input<number>;
      healthCheck?: pulumi.Input<string>;
      healthyDeadline?: pulumi.Input<string>;
      maxParallel?: pulumi.Input<number>;
      minHealthyTime?: pulumi.Input<string>;
      stagger?: pulumi.Input<string>;
    }

    export interface ProviderAuthJwt {
      authMethod: pulumi.Input<string>;
      loginToken: pulumi.Input<string>;
    }

    export interface ProviderHeader {
      name: pulumi.Input<string>;
      value: pulumi.Input<string>;
    }
  }

  namespace output {
    export interface CsiVolumeCapability {
      accessMode: string;
      attachmentMode: string;
    }

    export interface CsiVolumeMountOptions {
      fsType?: string;
      mountFlags?: string[];
    }

    export interface CsiVolumeTopology {
      segments?: Record<string, string>;
    }

    export interface CsiVolumeTopologyRequest {
      preferred?: types.output.CsiVolumeTopologyRequestPreferred;
      required?: types.output.CsiVolumeTopologyRequestRequired;
    }

    export interface CsiVolumeTopologyRequestPreferred {
      topologies: types.output.CsiVolumeTopologyRequestPreferredTopology[];
    }

    export interface CsiVolumeTopologyRequestPreferredTopology {
      segments: Record<string, string>;
    }

    export interface CsiVolumeTopologyRequestRequired {
      topologies: types.output.CsiVolumeTopologyRequestRequiredTopology[];
    }

    export interface CsiVolumeTopologyRequestRequiredTopology {
      segments: Record<string, string>;
    }

    export interface DynamicHostVolumeCapability {
      accessMode: string;
      attachmentMode: string;
    }

    export interface DynamicHostVolumeConstraint {
      attribute: string;
      operator?: string;
      value?: string;
    }

    export interface GetAllocationsAllocation {
      clientStatus: string;
      createIndex: number;
      createTime: number;
      desiredStatus: string;
      evalId: string;
      followupEvalId: string;
      id: string;
      jobId: string;
      jobType: string;
      jobVersion: number;
      modifyIndex: number;
      modifyTime: number;
      name: string;
      namespace: string;
      nextAllocation: string;
      nodeId: string;
      nodeName: string;
      preemptedByAllocation: string;
      taskGroup: string;
    }

    export interface GetPluginNode {
      healthy: boolean;
      healthyDescription: string;
      name: string;
    }

    export interface JobConstraint {
      ltarget?: string;
      operand?: string;
      rtarget?: string;
    }

    export interface JobHcl2 {
      allowFs?: boolean;
      vars?: Record<string, string>;
    }

    export interface JobPeriodicConfig {
      enabled?: boolean;
      prohibitOverlap?: boolean;
      spec?: string;
      specType?: string;
      timezone?: string;
    }

    export interface JobTaskGroup {
      count?: number;
      meta?: Record<string, string>;
      name?: string;
      tasks?: types.output.JobTaskGroupTask[];
      updateStrategies?: types.output.JobTaskGroupUpdateStrategy[];
      volumes?: types.output.JobTaskGroupVolume[];
    }

    export interface JobTaskGroupTask {
      driver?: string;
      meta?: Record<string, string>;
      name?: string;
      volumeMounts?: types.output.JobTaskGroupTaskVolumeMount[];
    }

    export interface JobTaskGroupTaskVolumeMount {
      destination?: string;
      readOnly?: boolean;
      volume?: string;
    }

    export interface JobTaskGroupUpdateStrategy {
      autoRevert?: boolean;
      canary?: number;
      healthCheck?: string;
      healthyDeadline?: string;
      maxParallel?: number;
      minHealthyTime?: string;
      stagger?: string;
    }

    export interface JobTaskGroupVolume {
      name?: string;
      readOnly?: boolean;
      source?: string;
      type?: string;
    }

    export interface JobUpdateStrategy {
      autoRevert?: boolean;
      canary?: number;
      healthCheck?: string;
      healthyDeadline?: string;
      maxParallel?: number;
      minHealthyTime?: string;
      stagger?: string;
    }
  }
}
