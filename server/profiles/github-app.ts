import { createPrivateKey } from "node:crypto";
import { z } from "zod";
import { AppError } from "#lib/errors.ts";
import type { GitHubApp } from "#lib/github-app.ts";
import { GIT_APP_KEY_MAX_CHARACTERS } from "#lib/limits.ts";
import { isAllowedHost } from "#lib/repository.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import type { Services } from "#server/services.ts";
import { gitHost, storeGitCredential } from "./git-credentials.ts";
import { forgetInstallation } from "./github-app-token.ts";

/** What git asks with; GitHub goes by the token. */
const USERNAME = "x-access-token";

const notAKey = { message: "Paste the whole private key: the .pem file that GitHub gave" };
const notAnAddress = { message: "The address of the API begins with https://" };

export const newGitHubApp = z.strictObject({
  host: gitHost.default("github.com"),
  appId: z
    .string()
    .trim()
    .regex(/^[A-Za-z0-9.]{1,64}$/, { message: "The App's number, or its client id" }),
  installationId: z
    .string()
    .trim()
    .regex(/^\d{1,20}$/, { message: "The number at the end of the installation's address" }),
  privateKey: z
    .string(notAKey)
    .trim()
    .max(GIT_APP_KEY_MAX_CHARACTERS, notAKey)
    .refine(isRsaKey, notAKey),
  /** Left out: as GitHub has it for the host. */
  apiUrl: z
    .string()
    .trim()
    .transform((text) => text.replace(/\/+$/, ""))
    .pipe(z.url({ protocol: /^https?$/, ...notAnAddress }))
    // The library empties what it is given here.
    .refine((text) => isPlain(new URL(text)), { ...notAnAddress })
    .optional(),
});

type NewGitHubApp = z.infer<typeof newGitHubApp>;

function isRsaKey(text: string): boolean {
  try {
    return createPrivateKey(text).asymmetricKeyType === "rsa";
  } catch {
    return false;
  }
}

const isPlain = ({ username, password, search, hash }: URL) =>
  `${username}${password}${search}${hash}` === "";

/** Sets the App that opens a host's repositories, in place of what was set for the host before. */
export async function setGitHubApp(
  services: Pick<Services, "database" | "environment">,
  viewer: Viewer,
  { host, appId, installationId, privateKey, apiUrl = apiOf(host) }: NewGitHubApp,
): Promise<void> {
  const url = new URL(apiUrl);
  if (url.protocol === "http:" && !isAllowedHost(url, services.environment.ALLOWED_PRIVATE_HOSTS)) {
    throw new AppError("invalid_input", notAnAddress.message, { details: { field: "apiUrl" } });
  }
  const app: GitHubApp = { appId, installationId, apiUrl };
  await storeGitCredential(services, viewer, { host, username: USERNAME, secret: privateKey, app });
  forgetInstallation({ app, privateKey });
}

const apiOf = (host: string) =>
  host === "github.com" ? "https://api.github.com" : `https://${host}/api/v3`;
