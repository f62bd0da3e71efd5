/** An engine that listens where another has ended is reached, too. */
import * as http2 from "node:http2";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import * as pulumi from "@pulumi/pulumi";
import * as engine from "@pulumi/pulumi/proto/engine_pb";
import { inlineStack } from "../../ops/inline";

jest.mock("@pulumi/pulumi/automation", () => ({
  LocalWorkspace: { createOrSelectStack: jest.fn() },
}));

/** Answers each call of gRPC's with an empty message. */
async function listen(port: number): Promise<{ port: number; end: () => Promise<unknown> }> {
  const sessions = new Set<http2.ServerHttp2Session>();
  const server = http2
    .createServer()
    .on("session", (session) => sessions.add(session))
    .on("stream", (stream) => {
      stream.respond(
        { ":status": 200, "content-type": "application/grpc" },
        { waitForTrailers: true },
      );
      stream.on("wantTrailers", () => {
        stream.sendTrailers({ "grpc-status": "0" });
      });
      stream.end(Buffer.alloc(5));
    })
    .listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    end: () => {
      const closed = once(server, "close");
      server.close();
      for (const session of sessions) session.destroy();
      return closed;
    },
  };
}

/** Pulumi leaves an inline program's open when the operation ends. */
const clients: { close: () => void }[] = [];

afterAll(() => {
  for (const client of clients) client.close();
});

/** The first call of an operation whose engine listens there. */
async function firstCall(port: number): Promise<string> {
  pulumi.runtime.resetOptions("project", "stack", 1, `127.0.0.1:${String(port)}`, "", false, "");
  const client = pulumi.runtime.getEngine();
  if (!client) throw new Error("no engine");
  const answer = await new Promise<string>((resolve) => {
    client.getRootResource(new engine.GetRootResourceRequest(), (error) => {
      resolve(error ? error.message : "answered");
    });
  });
  clients.push(client as unknown as { close: () => void });
  return answer;
}

test("an engine on a port whose last engine has ended answers the first call", async () => {
  await inlineStack({ stackName: "s", projectName: "p", program: () => Promise.resolve() }, {});

  const { port, end } = await listen(0);
  expect(await firstCall(port)).toBe("answered");
  await end();
  expect(await firstCall(port)).toContain("ECONNREFUSED");
  const next = await listen(port);
  const answer = await firstCall(port);
  await next.end();
  expect(answer).toBe("answered");
});
