/**
 * Gemini names the record of a session after the minute in which it began, and begins a new record when it loads one: of
 * the same name within that minute, over what it was to read. Under a name of ours, one for each load, it finds its
 * record at any time.
 * Commands for a shell in its home; safe to run again.
 */
export const keepGeminiRecords = `
for file in "$HOME"/.gemini/tmp/*/chats/session-2*.jsonl; do
  [ -f "$file" ] || continue
  rest="\${file##*/session-}"
  kept="\${file%/*}/session-kept-$rest"
  n=1
  while [ -e "$kept" ] || [ -L "$kept" ]; do
    kept="\${file%/*}/session-kept-$n-$rest"
    n=$((n + 1))
  done
  mv -n -- "$file" "$kept"
done`;
