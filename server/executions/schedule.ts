/** Calls back once after `delayMs`; the result cancels it. Tests bring their own. */
export type Schedule = (callback: () => void, delayMs: number) => () => void;

export const scheduleTimeout: Schedule = (callback, delayMs) => {
  const timer = setTimeout(callback, delayMs);
  return () => clearTimeout(timer);
};
