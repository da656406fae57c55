import { Dialog } from "#components/ui/dialog.tsx";
import { commandKey } from "./command-key.ts";

/** Drawn as the key that the reader's keyboard has for commands. */
const COMMAND = "command";

const groups = [
  {
    name: "Anywhere",
    keys: [
      [`/ or ${COMMAND} K`, "Find a session or an action"],
      ["?", "This sheet"],
      ["Esc", "Close what is open, leave the field"],
    ],
  },
  {
    name: "In the list",
    keys: [
      ["/", "Search in all sessions"],
      ["j  k", "Next, previous session"],
      ["x  X", "Select it, all up to it"],
      ["a", "Select all that are shown"],
      ["p  e  #", "Pin, archive, move to the trash"],
      ["z", "Undo the last of these"],
    ],
  },
  {
    name: "In a session",
    keys: [
      ["j  k", "Next, previous step"],
      ["J  K", "Next, previous prompt"],
      ["Home  End", "Beginning, end of the session"],
      ["o", "Open or close the step"],
      ["c", "Copy a link to it"],
      ["f", "Find in the session"],
      ["t", "Outline"],
      ["u", "Outputs"],
      ["s", "Share it"],
      ["e", "Export it"],
      ["g", "Go to the latest and follow"],
      ["i", "Write a follow-up"],
      ["1 … 9", "Answer what the agent asks"],
    ],
  },
  {
    name: "Writing a prompt",
    keys: [
      [`${COMMAND} Enter`, "Start, on the first page"],
      ["Enter", "Send a follow-up"],
      ["Shift Enter", "New line"],
    ],
  },
] as const;

/** Every key that does something. */
export function ShortcutSheet({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keyboard" onClose={onClose} className="max-w-sm">
      <div className="flex max-h-[70dvh] flex-col gap-5 overflow-y-auto p-4">
        {groups.map(({ name, keys }) => (
          <section key={name} className="flex flex-col gap-2">
            <h3 className="text-meta text-faint">{name}</h3>
            <dl className="grid grid-cols-[6.5rem_1fr] gap-y-1.5 text-label">
              {keys.map(([key, meaning]) => (
                <div key={key} className="contents">
                  <dt>
                    <kbd className="rounded-sm border border-line bg-sunken px-1.5 py-0.5 font-mono text-meta whitespace-pre">
                      {key.replace(COMMAND, commandKey(navigator.platform))}
                    </kbd>
                  </dt>
                  <dd className="text-soft">{meaning}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
