import { randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";
import { expect, test } from "vitest";
import { useOutputWeb } from "./testing/use-output-web.ts";

const web = useOutputWeb();

const archivePath = () => `/api/v1/sessions/${web.sessionId}/outputs.zip`;

test("all outputs come in one archive, with their names, and whole", async () => {
  const files = [randomBytes(5_500), Buffer.from("small"), Buffer.alloc(0)];
  await web.store(files[0]!, { port: "shots/screen.png" });
  await web.store(files[1]!, { port: "shots/Screen.png" });
  await web.store(files[2]!, { port: "C: größe.txt" });
  const growing = await web.open({ port: "build.log" });
  await growing.write(Buffer.from("so far"));
  await web.stored(growing.outputId, 6);
  const response = await web.get(archivePath());
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("application/zip");
  expect(response.headers.get("content-disposition")).toMatch(/^attachment/);
  expect(readArchive(Buffer.from(await response.arrayBuffer()))).toEqual(
    new Map([
      ["shots/screen.png", files[0]],
      ["shots/Screen (2).png", files[1]],
      ["C_ größe.txt", files[2]],
      ["build.log", Buffer.from("so far")],
    ]),
  );
  await growing.complete();
});

test("an output whose bytes are gone breaks the archive off", async () => {
  await web.store(randomBytes(10), { port: "a", thresholdBytes: 0 });
  await web.store(randomBytes(10), { port: "b", thresholdBytes: 0 });
  const { blobs, database } = web.services;
  const rows = await database.sql<{ key: string }[]>`
    select key from blob_segments join outputs using (blob_id)
    where outputs.session_id = ${web.sessionId} and port = 'b'`;
  await blobs.delete(rows.map(({ key }) => key));
  const response = await web.get(archivePath());
  await expect(response.arrayBuffer()).rejects.toThrow("terminated");
});

test("it is for those who may read the session", async () => {
  const refused = await web.get(archivePath(), { headers: { cookie: "" } });
  expect(refused.status).toBe(401);
  const { sql } = web.services.database;
  await sql`insert into teams (id, name) values ('team_other', 'Other') on conflict do nothing`;
  await sql`update sessions set team_id = 'team_other' where id = ${web.sessionId}`;
  expect((await web.get(archivePath())).status).toBe(404);
});

/** What the directory at the end of an archive names (APPNOTE.TXT, 4.3), uncompressed and checked. */
function readArchive(archive: Buffer): Map<string, Buffer> {
  const end = archive.lastIndexOf("PK\u0005\u0006");
  let at = archive.readUInt32LE(end + 16);
  const files = new Map<string, Buffer>();
  for (let count = archive.readUInt16LE(end + 10); count > 0; count -= 1) {
    const [bytes, nameBytes] = [archive.readUInt32LE(at + 24), archive.readUInt16LE(at + 28)];
    const name = archive.toString("utf8", at + 46, at + 46 + nameBytes);
    const local = archive.readUInt32LE(at + 42);
    const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
    const file = archive.subarray(start, start + bytes);
    expect(archive.readUInt16LE(at + 10)).toBe(0);
    expect(crc32(file)).toBe(archive.readUInt32LE(at + 16));
    files.set(name, Buffer.from(file));
    at += 46 + nameBytes + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
  return files;
}
