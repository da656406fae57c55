import type { ShareSummary } from "#server/shares/list-shares.ts";

/** Where a link leads. */
export const shareUrl = (token: string): string => `${location.origin}/share/${token}`;

/** A frame for a page of another site. */
export const embedSnippet = (token: string): string =>
  `<iframe src="${shareUrl(token)}" title="A shared session" width="100%" height="640" loading="lazy" referrerpolicy="no-referrer"></iframe>`;

/** What a share shows and does not, in a few words. */
export function describeShare(share: ShareSummary): string {
  const { fromTurn, toTurn, hidesReasoning, hidesOutputs, hidesPaths } = share;
  const hidden = [
    hidesReasoning && "reasoning",
    hidesOutputs && "outputs",
    hidesPaths && "folders",
  ].filter((word) => word !== false);
  return [
    share.mode === "live" ? "Live" : "Frozen",
    (fromTurn !== null || toTurn !== null) && describeRange(fromTurn ?? 1, toTurn),
    hidden.length > 0 && `without ${hidden.join(", ")}`,
    share.showsSecrets && "some secrets shown",
    share.hasPassword && "password",
    share.allowsEmbed && "may be embedded",
  ]
    .filter((word) => word !== false)
    .join(" · ");
}

const describeRange = (from: number, to: number | null): string =>
  from === to ? `prompt ${from}` : `prompts ${from} to ${to ?? "the last"}`;
