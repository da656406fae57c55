import { pathToFileURL } from "node:url";
import type { ContentBlock } from "@agentclientprotocol/sdk";
import { type Attachment, isPictureMime } from "#lib/attachment.ts";
import { isRecord } from "#lib/is-record.ts";
import { PROMPT_PICTURES_MAX_BYTES } from "#lib/limits.ts";
import type { AgentConnection } from "#server/agents/agent-connection.ts";
import type { BlobServices } from "#server/blobs/write-blob.ts";
import { readAttachment } from "./open-attachment.ts";
import { placeAttachment, type Workbench } from "./place-attachment.ts";

interface PromptBlocksOptions {
  text: string;
  attachments: readonly Attachment[];
  connection: Pick<AgentConnection, "initialize">;
  bench: Workbench;
  signal: AbortSignal;
}

/**
 * A prompt as the agent gets it: its text, then its files in order. Pictures are in it where the agent takes them and
 * as long as they fit into one message; everything else lies in the workspace, and the prompt says where.
 */
export async function createPromptBlocks(
  services: BlobServices,
  { text, attachments, connection, bench, signal }: PromptBlocksOptions,
): Promise<ContentBlock[]> {
  const blocks: ContentBlock[] = [{ type: "text", text }];
  let roomBytes = takesPictures(connection) ? PROMPT_PICTURES_MAX_BYTES : 0;
  for (const attachment of attachments) {
    signal.throwIfAborted();
    const { name, mime, bytes } = attachment;
    if (isPictureMime(mime) && bytes <= roomBytes) {
      roomBytes -= bytes;
      const data = (await readAttachment(services, attachment)).toString("base64");
      blocks.push({ type: "image", mimeType: mime, data });
    } else {
      const path = await placeAttachment(services, { attachment, bench, signal });
      const uri = pathToFileURL(path).href;
      blocks.push({ type: "resource_link", uri, name, mimeType: mime, size: bytes });
    }
  }
  return blocks;
}

/** The agent says that a prompt may hold pictures. */
function takesPictures({ initialize }: Pick<AgentConnection, "initialize">): boolean {
  const { promptCapabilities } = initialize.capabilities;
  return isRecord(promptCapabilities) && promptCapabilities["image"] === true;
}
