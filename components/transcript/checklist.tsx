import clsx from "clsx";
import { Circle, CircleCheck, CircleDot, CircleSlash } from "lucide-react";
import { visibleText } from "#components/format/visible-text.ts";
import type { Entry } from "./tool/read-todos.ts";

const marks: Readonly<Record<string, { Icon: typeof Circle; colour: string; word: string }>> = {
  pending: { Icon: Circle, colour: "text-faint", word: "To do" },
  in_progress: { Icon: CircleDot, colour: "text-running", word: "Doing" },
  completed: { Icon: CircleCheck, colour: "text-success", word: "Done" },
  cancelled: { Icon: CircleSlash, colour: "text-faint", word: "Dropped" },
};

export function Checklist({ entries }: { entries: readonly Entry[] }) {
  return (
    <ul className="flex flex-col gap-1.5 py-1 text-label">
      {entries.map(({ content, status }, index) => {
        const { Icon, colour, word } = (Object.hasOwn(marks, status)
          ? marks[status]
          : undefined) ?? {
          Icon: Circle,
          colour: "text-faint",
          word: visibleText(status),
        };
        return (
          <li key={index} className="flex items-start gap-2.5">
            <Icon aria-label={word} className={clsx("mt-0.5 size-4 shrink-0", colour)} />
            <span
              className={clsx(
                "min-w-0",
                status === "completed" && "text-soft",
                status === "cancelled" && "text-faint line-through",
              )}
            >
              {visibleText(content)}
            </span>
          </li>
        );
      })}
    </ul>
  );
}
