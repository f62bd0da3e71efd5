import { only } from "../support/children";
import { shippedStack } from "../support/stacks";

it("tells the address, the image and the next step", async () => {
  expect((await shippedStack("nomad")).outputs).toEqual({
    urls: { overseerr: "https://overseerr.brmartin.co.uk" },
    loadBalancers: {},
    images: { overseerr: "sctx/overseerr:1.34.0" },
    secrets: {},
    nextSteps: ["Overseerr: sign in with Plex at https://overseerr.brmartin.co.uk"],
  });
});

it("asks the configured cluster, whatever the shell is set up for", async () => {
  const nomad = { address: "http://10.0.0.5:4646", region: "europe" };
  const recording = await shippedStack("nomad", { nomad });
  expect(only(recording, "pulumi:providers:nomad").inputs).toEqual({
    ...nomad,
    ignoreEnvVars: '{"NOMAD_NAMESPACE":true,"NOMAD_REGION":true}',
  });
});
