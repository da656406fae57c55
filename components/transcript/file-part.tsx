"use client";

import { visibleText } from "#components/format/visible-text.ts";
import { safeLink } from "#components/markdown/safe-link.ts";
import type { PartView } from "#components/session/session-view.ts";
import { readText, type JsonObject } from "#lib/json.ts";
import { LargeBody } from "./large-body.tsx";
import { ItemBody } from "./picture/embedded-file.tsx";
import { NamedFile } from "./picture/named-file.tsx";
import { Embedded } from "./picture/picture.tsx";

/** A file that was sent or made. One that lies elsewhere is named only: to load it would tell its host who reads. */
export function FilePart({ data }: { data: JsonObject }) {
  const url = readText(data, "url") ?? "";
  const mime = visibleText((readText(data, "mime") ?? "").slice(0, 100));
  const name = visibleText((readText(data, "filename") ?? "").slice(0, 500)) || mime || "File";
  if (url.startsWith("data:")) return <Embedded url={url} name={name} />;
  return <NamedFile name={name} remark={name === mime ? "" : mime} address={safeLink(url)} />;
}

/** A part that is a file. Of its body no more is read than tells what it is, and often that is here already. */
export function StoredFile({ part: { item, data } }: { part: PartView }) {
  const draw = (known: JsonObject) => (
    <ItemBody item={item} data={known}>
      <FilePart data={known} />
    </ItemBody>
  );
  const isAllHere = item === null || item.body !== null || item.preview === null;
  const isTold = isAllHere || readText(data, "url") !== null;
  if (isTold) return draw(data ?? {});
  return (
    <LargeBody item={item} preview={data} fetchWhen="near" isQuiet>
      {draw}
    </LargeBody>
  );
}
