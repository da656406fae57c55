import { SessionRowsSkeleton } from "#components/sessions/session-rows-skeleton.tsx";

export default function LoadingTrash() {
  return (
    <main
      id="main"
      className="mx-auto flex w-full max-w-3xl flex-col gap-6 px-4 py-8 sm:px-6 sm:py-10"
    >
      <h1 className="text-title font-semibold tracking-tight">Trash</h1>
      <div className="field h-10 opacity-50 pointer-coarse:h-12" />
      <SessionRowsSkeleton />
    </main>
  );
}
