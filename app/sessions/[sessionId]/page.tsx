import type { Metadata } from "next";
import { cookies, headers } from "next/headers";
import { notFound } from "next/navigation";
import { cache } from "react";
import type { SessionState } from "#lib/session-state.ts";
import type { TranscriptPage } from "#lib/transcript.ts";
import type { TurnOutputs } from "#lib/turn-outputs.ts";
import { visibleText } from "#components/format/visible-text.ts";
import { EarlyAddress } from "#components/frame/early-address.tsx";
import { SignInNotice } from "#components/frame/sign-in-notice.tsx";
import { parseTheme, THEME_COOKIE } from "#components/frame/theme.ts";
import { parseReading, READING_COOKIE } from "#components/session/reading-cookie.ts";
import { turnRange } from "#components/outputs/turn-range.ts";
import { createSessionView } from "#components/session/loaded-window.ts";
import { SessionPage } from "#components/session/session-page.tsx";
import { Sidebar } from "#components/sessions/sidebar.tsx";
import { parseSidebarWidth, SIDEBAR_COOKIE } from "#components/sessions/sidebar-width.ts";
import { buildTurns } from "#components/transcript/build-turns.ts";
import { Clock } from "#components/ui/clock.tsx";
import { sendHeadOf } from "#server/http/early-head.ts";
import { getPageCaller } from "#server/routers/page-caller.ts";

const SIDEBAR_SESSIONS = 30;

interface SessionRouteProps {
  params: Promise<{ sessionId: string }>;
}

export async function generateMetadata({ params }: SessionRouteProps): Promise<Metadata> {
  const { sessionId } = await params;
  return { title: visibleText((await readSession(sessionId))?.state.title ?? "Session") };
}

export default async function SessionRoute({ params }: SessionRouteProps) {
  const { sessionId } = await params;
  const [session, frame, store] = await Promise.all([
    readSession(sessionId),
    readFrame(),
    cookies(),
  ]);
  if (!session || !frame) return <SignInNotice />;
  const { recent, account, labels } = frame;
  const { agentId } = session.state;
  return (
    <Clock renderedAtMs={Date.now()}>
      <EarlyAddress />
      <div className="flex">
        <Sidebar
          teamId={account.teamId}
          currentId={sessionId}
          firstPage={recent}
          theme={parseTheme(store.get(THEME_COOKIE)?.value)}
          widthPx={parseSidebarWidth(store.get(SIDEBAR_COOKIE)?.value)}
        />
        <SessionPage
          key={sessionId}
          {...session}
          agentLabel={agentId === null ? "" : (labels[agentId] ?? agentId)}
        />
      </div>
    </Clock>
  );
}

/** What came out of the turns on the first screen, so that it takes its place with them. */
async function readOutputs(
  caller: NonNullable<Awaited<ReturnType<typeof getPageCaller>>>,
  state: SessionState,
  transcript: TranscriptPage,
): Promise<TurnOutputs[]> {
  if (state.outputs.count === 0) return [];
  const view = createSessionView(state, transcript);
  const range = turnRange(view, buildTurns(view).turns);
  if (range.starts.length === 0) return [];
  return caller.output.ofTurns({ sessionId: state.sessionId, ...range });
}

/** What stands around the session; null for nobody. */
async function readFrame() {
  const caller = await getPageCaller();
  if (!caller) return null;
  const [recent, account, labels] = await Promise.all([
    caller.session.list({ limit: SIDEBAR_SESSIONS }),
    caller.account.get(),
    caller.machine.agentLabels(),
  ]);
  return { recent, account, labels };
}

/** State and first screen of the transcript; null for nobody. Answers 404 for a session that is not there for the caller. */
const readSession = cache(async (sessionId: string) => {
  const [caller, store, asked] = await Promise.all([getPageCaller(), cookies(), headers()]);
  if (!caller) return null;
  const reading = parseReading(store.get(READING_COOKIE)?.value);
  const only = reading.mode === "answers" ? "answers" : undefined;
  try {
    const readWindow = (around: "start" | "end") =>
      caller.transcript.window({ sessionId, around, only, isFirst: true });
    // What is under way is followed, everything else, which is most of it, is read from its beginning.
    const readState = async () => {
      const known = await caller.session.get({ sessionId });
      sendHeadOf(asked.get("x-nonce"));
      return known;
    };
    const [state, beginning] = await Promise.all([readState(), readWindow("start")]);
    const isUnderWay = state.status === "working" || state.status === "needs_you";
    const transcript = isUnderWay ? await readWindow("end") : beginning;
    const outputs = await readOutputs(caller, state, transcript);
    return { state, transcript, reading, outputs };
  } catch (error) {
    // By its code: the class has a second copy in the server's own bundle.
    if (error instanceof Error && Reflect.get(error, "code") === "NOT_FOUND") notFound();
    throw error;
  }
});
