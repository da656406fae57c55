import { useEffect, useState, type RefObject } from "react";

/**
 * Gives a button the focus after what it led to is done: once that is gone from the page, and the button can be pressed
 * again. Answers how to say so.
 */
export function useFocusBack(ref: RefObject<HTMLElement | null>): () => void {
  const [count, setCount] = useState(0);
  useEffect(() => {
    if (count > 0) ref.current?.focus();
  }, [count, ref]);
  return () => setCount((before) => before + 1);
}
