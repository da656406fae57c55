import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import type { ShareSummary } from "#server/shares/list-shares.ts";
import { ShareTimes } from "./share-times.tsx";

const draw = (share: Partial<ShareSummary>) =>
  renderToStaticMarkup(<ShareTimes share={share as ShareSummary} />);

test("a share tells when it was made, when it ends and how often it was opened (#4)", () => {
  const html = draw({
    state: "open",
    createdAt: "2026-11-20T10:00:00.000Z",
    expiresAt: "2026-12-20T10:00:00.000Z",
    revokedAt: null,
    lastViewedAt: "2026-11-20T11:00:00.000Z",
    viewCount: 3,
    isOwn: true,
  });
  expect(html).toMatch(/Made <time dateTime="2026-11-20T10:00/);
  expect(html).toMatch(/Until <time dateTime="2026-12-20/);
  expect(html).toMatch(/Opened 3 times, last <time/);
});
