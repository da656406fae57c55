import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { cache } from "react";
import { BatchScreen } from "#components/batches/batch-screen.tsx";
import { visibleText } from "#components/format/visible-text.ts";
import { SignInNotice } from "#components/frame/sign-in-notice.tsx";
import { Clock } from "#components/ui/clock.tsx";
import { getPageCaller } from "#server/routers/page-caller.ts";

interface BatchPageProps {
  params: Promise<{ batchId: string }>;
}

export async function generateMetadata({ params }: BatchPageProps): Promise<Metadata> {
  const page = await readPage((await params).batchId);
  return { title: visibleText(page?.first.title ?? "Batch") };
}

export default async function BatchPage({ params }: BatchPageProps) {
  const { batchId } = await params;
  const page = await readPage(batchId);
  if (!page) return <SignInNotice />;
  return (
    <Clock renderedAtMs={Date.now()}>
      <main
        id="main"
        className="mx-auto flex w-full max-w-3xl flex-col gap-6 px-4 py-8 sm:px-6 sm:py-10"
      >
        <BatchScreen key={batchId} {...page} />
      </main>
    </Clock>
  );
}

/** Once for the page and its title; null for nobody. */
const readPage = cache(async (batchId: string) => {
  const caller = await getPageCaller();
  if (!caller) return null;
  try {
    const [first, firstItems] = await Promise.all([
      caller.batch.get({ batchId }),
      caller.batch.items({ batchId }),
    ]);
    return { first, firstItems };
  } catch (error) {
    // By its code: the class has a second copy in the server's own bundle.
    if (error instanceof Error && Reflect.get(error, "code") === "NOT_FOUND") notFound();
    throw error;
  }
});
