import { createRoot } from "react-dom/client";
import type { MessageView, PartView } from "#components/session/session-view.ts";
import { PromptArticle } from "#components/transcript/prompt-article.tsx";
import { readText, type JsonObject } from "#lib/json.ts";

// A page that reads a session as a snapshot: it gets the whole of it, and draws its first message as the product does.

interface Snapshot {
  messages: { info: JsonObject & { id: string }; parts: (JsonObject & { id: string })[] }[];
}

const address = document.querySelector<HTMLElement>("[data-snapshot]")?.dataset["snapshot"] ?? "";
const { messages } = (await (await fetch(address)).json()) as Snapshot;
const message = toView(messages[0]!);
const place = document.querySelector("main")!;
createRoot(place).render(
  <PromptArticle prompt={{ messageId: message.messageId, message, state: null }} doneMs={null} />,
);

function toView({ info, parts }: Snapshot["messages"][number]): MessageView {
  return {
    messageId: info.id,
    role: readText(info, "role"),
    sortKey: info.id,
    firstSeq: 1,
    data: info,
    deleted: false,
    parts: parts.map((data): PartView => ({
      messageId: info.id,
      partId: data.id,
      kind: readText(data, "type") ?? "",
      data,
      streamed: null,
      item: null,
    })),
    item: null,
  };
}
