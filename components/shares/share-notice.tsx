import type { ReactNode } from "react";

/** A page of a share that has one thing to say; without ways into the rest of the server, which its reader has not. */
export function ShareNotice({ title, children }: { title: string; children: ReactNode }) {
  return (
    <main
      id="main"
      className="mx-auto flex w-full max-w-xl flex-col gap-4 px-4 py-16 sm:px-6 sm:py-24"
    >
      <h1 className="text-title font-semibold tracking-tight text-balance">{title}</h1>
      <div className="flex flex-col gap-3 text-soft">{children}</div>
    </main>
  );
}
