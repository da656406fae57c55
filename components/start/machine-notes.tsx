import { ChevronRight, Info, TriangleAlert } from "lucide-react";
import type { MachineStatus } from "#components/sessions/session-summary.ts";
import { InstallHint } from "./agent-field.tsx";

/** What a person should know of this server before starting: its notices, and agents that it could have. */
export function MachineNotes({ machine }: { machine: MachineStatus }) {
  const missing = machine.agents.filter((agent) => !agent.available);
  if (missing.length === 0 && machine.notices.length === 0) return null;
  return (
    <section aria-labelledby="this-machine" className="flex flex-col gap-3">
      <h2 id="this-machine" className="text-label font-semibold">
        This machine
      </h2>
      <ul className="flex flex-col gap-2 text-label">
        {machine.notices.map(({ kind, message }) => (
          <li key={message} className="flex items-start gap-2 text-soft">
            {kind === "warning" ? (
              <TriangleAlert aria-label="Warning" className="mt-0.5 size-4 shrink-0 text-warning" />
            ) : (
              <Info aria-label="Note" className="mt-0.5 size-4 shrink-0 text-faint" />
            )}
            {message}
          </li>
        ))}
      </ul>
      {missing.length > 0 && (
        <details className="group rounded border border-line">
          <summary className="flex items-center gap-1.5 rounded px-3 py-2 text-label text-soft marker:content-none hover:bg-hover">
            <ChevronRight
              aria-hidden
              className="size-4 shrink-0 transition-transform group-open:rotate-90"
            />
            Not installed: {missing.map(({ label }) => label).join(", ")}
          </summary>
          <dl className="grid gap-x-6 gap-y-3 border-t border-line px-3 py-3 text-label sm:grid-cols-[9rem_minmax(0,1fr)]">
            {missing.map((agent) => (
              <div key={agent.id} className="contents">
                <dt className="font-medium">{agent.label}</dt>
                <dd className="min-w-0">
                  {agent.installHint === null ? (
                    "Not found where the configuration says"
                  ) : (
                    <InstallHint hint={agent.installHint} />
                  )}
                </dd>
              </div>
            ))}
          </dl>
        </details>
      )}
    </section>
  );
}
