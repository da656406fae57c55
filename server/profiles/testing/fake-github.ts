import { createVerify, generateKeyPairSync } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

export const APP_ID = "4711";
export const INSTALLATION_ID = "815";

export interface FakeGitHub {
  /** Where the API is, as an App is told of it. */
  apiUrl: string;
  /** PEM, of the key that belongs to the App. */
  privateKey: string;
  /** Those that were given out. */
  tokens: string[];
  /** How long the next ones are good. */
  lifeMs: number;
  close(): Promise<void>;
}

/** Gives tokens of one installation of one App to who proves to be it, as GitHub's API does. */
export async function startFakeGitHub(): Promise<FakeGitHub> {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  const tokens: string[] = [];
  const server = createServer((request, response) => {
    const path = `/api/v3/app/installations/${INSTALLATION_ID}/access_tokens`;
    const answer = (status: number, body: object) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    if (!isApp(request, publicKey)) return void answer(401, { message: "Bad credentials" });
    if (request.method !== "POST" || request.url !== path)
      return void answer(404, { message: "Not Found" });
    const token = `ghs_${tokens.length}abcdefghijklmnopqrstuvwxyz012345`;
    tokens.push(token);
    const expiresAt = new Date(Date.now() + github.lifeMs).toISOString();
    answer(201, { token, expires_at: expiresAt });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const github: FakeGitHub = {
    apiUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v3`,
    privateKey,
    tokens,
    lifeMs: 3_600_000,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return github;
}

/** By the rules of GitHub: signed with the App's key, issued in the past, good for ten minutes at most. */
function isApp({ headers }: IncomingMessage, publicKey: string): boolean {
  const [head = "", body = "", signature = ""] =
    /^Bearer (.+)$/.exec(headers.authorization ?? "")?.[1]?.split(".") ?? [];
  const isSigned = createVerify("sha256")
    .update(`${head}.${body}`)
    .verify(publicKey, signature, "base64url");
  if (!isSigned) return false;
  const read = (part: string) =>
    JSON.parse(Buffer.from(part, "base64url").toString()) as Record<string, unknown>;
  const { iss, iat, exp } = read(body);
  const nowSeconds = Date.now() / 1_000;
  const isTimely = Number(iat) <= nowSeconds && Number(exp) > nowSeconds;
  return (
    read(head)["alg"] === "RS256" && iss === APP_ID && isTimely && Number(exp) - nowSeconds <= 600
  );
}
