import { batchRouter } from "./batch-router.ts";
import { exportRouter } from "./export-router.ts";
import { gitCredentialRouter } from "./git-credential-router.ts";
import { machineRouter } from "./machine-router.ts";
import { outputRouter } from "./output-router.ts";
import { profileRouter } from "./profile-router.ts";
import { permissionRouter } from "./permission-router.ts";
import { sessionRouter } from "./session-router.ts";
import { shareRouter } from "./share-router.ts";
import { tokenRouter } from "./token-router.ts";
import { transcriptRouter } from "./transcript-router.ts";
import { createCallerFactory, procedure, router } from "./trpc.ts";
import { uploadRouter } from "./upload-router.ts";
import { workspaceRouter } from "./workspace-router.ts";

export const appRouter = router({
  session: sessionRouter,
  permission: permissionRouter,
  transcript: transcriptRouter,
  export: exportRouter,
  output: outputRouter,
  machine: machineRouter,
  workspace: workspaceRouter,
  profile: profileRouter,
  gitCredential: gitCredentialRouter,
  share: shareRouter,
  token: tokenRouter,
  upload: uploadRouter,
  batch: batchRouter,
  account: router({
    /** Who is signed in. */
    get: procedure.query(({ ctx }) => ctx.viewer),
  }),
});

export type AppRouter = typeof appRouter;

export const createCaller = createCallerFactory(appRouter);
