import { pipeline } from "node:stream/promises";
import type { Attachment } from "#lib/attachment.ts";
import { AppError } from "#lib/errors.ts";
import type { BlobServices } from "#server/blobs/write-blob.ts";
import type { Sandbox } from "#server/sandboxes/sandbox.ts";
import { openAttachment } from "./open-attachment.ts";

/** Where a session's own processes run. */
export interface Workbench {
  sandbox: Sandbox;
  /** The work tree. */
  repositoryPath: string;
  homePath: string;
}

const FOLDER = ".millrace/attachments";
const SUFFIX_CHARACTERS = 6;
const PLACE_TIMEOUT_MS = 5 * 60_000;

/** Git sees nothing of the folder, not even this rule. */
const PLACE_SCRIPT = `
umask 022
mkdir -p -- "$1" && printf '*\\n' > .millrace/.gitignore && rm -f -- "$1/$2" && cat > "$1/$2"`;

interface PlaceOptions {
  attachment: Attachment;
  bench: Workbench;
  signal: AbortSignal;
}

/**
 * Writes a file into the work tree, below a folder of its own, so that files of one name do not meet; answers its path.
 * By a process of the session's own: whatever links its agent has laid there lead no further than it may write itself.
 * Safe to run again.
 */
export async function placeAttachment(
  services: BlobServices,
  { attachment, bench, signal }: PlaceOptions,
): Promise<string> {
  const { repositoryPath: cwd, homePath, sandbox } = bench;
  const folder = `${FOLDER}/${attachment.attachmentId.slice(-SUFFIX_CHARACTERS)}`;
  const stream = await openAttachment(services, attachment);
  const child = await sandbox.spawn({
    command: "/bin/sh",
    args: ["-c", PLACE_SCRIPT, "millrace", folder, attachment.name],
    cwd,
    homePath,
    environment: {},
  });
  child.stdout.resume();
  child.stderr.resume();
  const time = AbortSignal.any([signal, AbortSignal.timeout(PLACE_TIMEOUT_MS)]);
  const end = () => void child.stop({ graceMs: 0 });
  time.addEventListener("abort", end, { once: true });
  if (time.aborted) end();
  try {
    const sending = pipeline(stream, child.stdin).then(
      () => null,
      (error: unknown) => error,
    );
    const [trouble, { code }] = await Promise.all([sending, child.exited]);
    signal.throwIfAborted();
    if (trouble !== null || code !== 0) throw notPlaced(attachment, trouble);
    return `${cwd}/${folder}/${attachment.name}`;
  } finally {
    time.removeEventListener("abort", end);
    await child.stop();
  }
}

const notPlaced = ({ name, attachmentId }: Attachment, cause: unknown) =>
  new AppError("unavailable", `The file ${name} could not be put into the workspace`, {
    details: { attachmentId },
    cause,
  });
