/**
 * Stores an agent's titles one at a time, however many it gives: of those that come meanwhile the last, and none twice
 * in a row. `store` must not reject.
 */
export function keepTitle(store: (title: string) => Promise<void>): (title: string) => void {
  let wanted: string | null = null;
  let stored: string | null = null;
  let isStoring = false;

  const takeWanted = () => {
    if (wanted === stored) return null;
    stored = wanted;
    return stored;
  };
  const storeWanted = async () => {
    isStoring = true;
    for (let title = takeWanted(); title !== null; title = takeWanted()) await store(title);
    isStoring = false;
  };
  return (title) => {
    wanted = title;
    if (!isStoring) void storeWanted();
  };
}
