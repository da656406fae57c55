import type { Metadata } from "next";
import { cookies, headers } from "next/headers";
import { notFound } from "next/navigation";
import { cache } from "react";
import { visibleText } from "#components/format/visible-text.ts";
import { EarlyAddress } from "#components/frame/early-address.tsx";
import { parseReading, READING_COOKIE } from "#components/session/reading-cookie.ts";
import { SharePage } from "#components/shares/share-page.tsx";
import { sendHeadOf } from "#server/http/early-head.ts";
import { getServices } from "#server/services.ts";
import { openShare } from "#server/shares/open-share.ts";
import { readSharedSession } from "#server/shares/read-shared-session.ts";
import { createShareReader } from "#server/shares/read-share.ts";

interface ShareRouteProps {
  params: Promise<{ token: string }>;
}

export async function generateMetadata({ params }: ShareRouteProps): Promise<Metadata> {
  const shared = await readShare((await params).token);
  if (shared === null) return { title: "Shared session" };
  const title = visibleText(shared.session.state.title);
  const isCardAllowed = shared.share.allowsCard && shared.share.passwordHash === null;
  if (!isCardAllowed) return { title };
  const { turnCount } = shared.session;
  const description = `A session with a coding agent · ${turnCount === 1 ? "1 prompt" : `${turnCount} prompts`}`;
  return {
    title,
    openGraph: { type: "article", title, description },
    twitter: { card: "summary" },
  };
}

export default async function ShareRoute({ params }: ShareRouteProps) {
  const { token } = await params;
  const shared = await readShare(token);
  if (shared === null) notFound();
  const { share, session, transcript, outputs, reading, agentLabel } = shared;
  return (
    <>
      <EarlyAddress />
      <SharePage
        token={token}
        state={session.state}
        transcript={transcript}
        outputs={outputs}
        reading={reading}
        agentLabel={agentLabel}
        isFrozen={share.mode === "frozen"}
      />
    </>
  );
}

/** Null for everything that does not open, without a word on why. */
const readShare = cache(async (token: string) => {
  const services = getServices();
  const store = await cookies();
  const cookieHeader = store.toString();
  const share = await openShare(services.database, { token, cookieHeader });
  if (share === null) return null;
  sendHeadOf((await headers()).get("x-nonce"));
  const reader = await createShareReader(services, share);
  const session = await readSharedSession(services.database, share, reader);
  const { status, agentId } = session.state;
  const around = status === "working" || status === "needs_you" ? "end" : "start";
  const reading = parseReading(store.get(READING_COOKIE)?.value);
  const only = reading.mode === "answers" ? "answers" : undefined;
  const transcript = await reader.readWindow({ around, only, isFirst: true });
  const outputs = await (await reader.outputs()).readPage();
  const agentLabel = agentId === null ? "" : (services.agents.labels[agentId] ?? agentId);
  return { share, session, transcript, outputs, reading, agentLabel };
});
