/** Programs that Pulumi's engine runs in this very process. */
import * as pulumi from "@pulumi/pulumi";
import * as automation from "@pulumi/pulumi/automation";

/**
 * A stack whose program is `program`; made if it is not there. As `LocalWorkspace.createOrSelectStack`, with which a
 * process may run one operation after the other.
 */
export function inlineStack(
  stack: automation.InlineProgramArgs,
  options: automation.LocalWorkspaceOptions,
): Promise<automation.Stack> {
  ownConnections();
  return automation.LocalWorkspace.createOrSelectStack(stack, options);
}

/**
 * Each operation's engine listens on a port that the kernel picks, Pulumi leaves its clients open when it has ended, and
 * gRPC's clients share connections by address: where an engine is handed the port of an earlier one, its client gets the
 * broken connection, and its first call may fail with UNAVAILABLE. The Automation API takes that for an engine that is
 * shutting down, and calls the operation a success that has planned nothing. So each client has connections of its own.
 * https://github.com/grpc/grpc-node/blob/master/packages/grpc-js/README.md (grpc.use_local_subchannel_pool)
 */
function ownConnections(): void {
  const { grpcClientOptions } = pulumi.runtime as unknown as {
    readonly grpcClientOptions: Record<string, unknown>;
  };
  grpcClientOptions["grpc.use_local_subchannel_pool"] = 1;
}
