/**
 * Stores an agent's titles one at a time, however many it gives: of those that come meanwhile the last, and none twice
 * in a row. `store` must not reject.
 */
export function keepTitle(store: (title: string) => Promise<void>): (title: string) => void {
  let wanted: string | null = null;
  let stored: string | null = null;
  let isStoring = false;

  const storeWanted = async () => {
    isStoring = true;
    while (wanted !== null && wanted !== stored) {
      stored = wanted;
      await store(stored);
    }
    isStoring = false;
  };
  return (title) => {
    wanted = title;
    if (!isStoring) void storeWanted();
  };
}
