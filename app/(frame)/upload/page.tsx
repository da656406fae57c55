import type { Metadata } from "next";
import Link from "next/link";
import { notFound } from "next/navigation";
import { SignInNotice } from "#components/frame/sign-in-notice.tsx";
import { UploadScreen } from "#components/upload/upload-screen.tsx";
import { Clock } from "#components/ui/clock.tsx";
import { acceptedEncodings } from "#server/ingest/decode-body.ts";
import { getPageCaller } from "#server/routers/page-caller.ts";

export const metadata: Metadata = { title: "Bring a session" };

interface UploadPageProps {
  searchParams: Promise<{ session?: string | string[] }>;
}

/** With `?session=` files are added to that session. */
export default async function UploadPage({ searchParams }: UploadPageProps) {
  const caller = await getPageCaller();
  if (!caller) return <SignInNotice />;
  const { session: wanted } = await searchParams;
  const session = typeof wanted === "string" ? await findSession(caller, wanted) : null;
  return (
    <Clock renderedAtMs={Date.now()}>
      <main
        id="main"
        className="mx-auto flex w-full max-w-3xl flex-col gap-6 px-4 py-8 sm:px-6 sm:py-10"
      >
        <div className="flex flex-col gap-2">
          <h1 className="text-title font-semibold tracking-tight text-balance">
            {session === null ? "Bring a session" : "Add to a session"}
          </h1>
          <p className="max-w-prose text-soft">
            {session === null ? (
              "Each file becomes a session with a link of its own, which fills while the file is read."
            ) : (
              <>
                Files are added to{" "}
                <Link
                  href={`/sessions/${session.sessionId}`}
                  className="rounded text-accent underline underline-offset-2"
                >
                  {session.title}
                </Link>
                . What is there already stays as it is.
              </>
            )}
          </p>
        </div>
        <UploadScreen sessionId={session?.sessionId ?? null} encodings={acceptedEncodings} />
        <p className="text-meta text-faint">
          Many files that belong together?{" "}
          <Link href="/batches/new" className="rounded text-accent underline underline-offset-2">
            Bring them as one batch
          </Link>
          . Something went wrong earlier?{" "}
          <Link href="/uploads/failed" className="rounded text-accent underline underline-offset-2">
            Failed uploads
          </Link>
        </p>
      </main>
    </Clock>
  );
}

type Caller = NonNullable<Awaited<ReturnType<typeof getPageCaller>>>;

async function findSession(caller: Caller, sessionId: string) {
  try {
    return await caller.session.get({ sessionId });
  } catch (error) {
    // By its code: the class has a second copy in the server's own bundle.
    if (error instanceof Error && Reflect.get(error, "code") === "NOT_FOUND") notFound();
    throw error;
  }
}
