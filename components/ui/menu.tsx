"use client";

import clsx from "clsx";
import { Check } from "lucide-react";
import {
  cloneElement,
  createContext,
  useContext,
  useId,
  useRef,
  useState,
  type ComponentProps,
  type KeyboardEvent,
  type ReactElement,
  type ReactNode,
} from "react";
import { placeMenu } from "./place-menu.ts";

const CloseContext = createContext<() => void>(() => {});
const ChoiceContext = createContext<{ value: string; onChange: (value: string) => void } | null>(
  null,
);

interface MenuProps {
  /** The button that opens it. */
  trigger: ReactElement<ComponentProps<"button">>;
  className?: string;
  children: ReactNode;
}

/**
 * A menu below (or above) its button. The browser's own popover puts it on top, closes it on Escape or a press
 * elsewhere and gives focus back; arrows, Home, End and first letters walk it.
 */
export function Menu({ trigger, className, children }: MenuProps) {
  const id = useId();
  const ref = useRef<HTMLDivElement>(null);
  const triggerRef = useRef<HTMLButtonElement>(null);
  const [isOpen, setIsOpen] = useState(false);

  function focusFirst() {
    const items = itemsOf(ref.current);
    (items.find((item) => item.getAttribute("aria-checked") === "true") ?? items[0])?.focus();
  }

  return (
    <>
      {cloneElement(trigger, {
        ref: triggerRef,
        popoverTarget: id,
        "aria-haspopup": "menu",
        "aria-expanded": isOpen,
        onKeyDown: (event: KeyboardEvent) => {
          if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
          event.preventDefault();
          ref.current?.showPopover();
        },
      })}
      <div
        ref={ref}
        id={id}
        role="menu"
        popover="auto"
        onBeforeToggle={(event) => {
          if (event.newState !== "open") return;
          setIsOpen(true);
          if (triggerRef.current && ref.current)
            placeMenu(ref.current, triggerRef.current.getBoundingClientRect());
        }}
        onToggle={(event) => {
          setIsOpen(event.newState === "open");
          if (event.newState === "open") focusFirst();
        }}
        onKeyDown={(event) => walk(event, ref.current)}
        className={clsx(
          "inset-auto m-0 max-w-[calc(100vw-1rem)] min-w-44 overflow-y-auto rounded border border-line bg-surface p-1 text-ink shadow-floating",
          className,
        )}
      >
        <CloseContext value={() => ref.current?.hidePopover()}>{isOpen && children}</CloseContext>
      </div>
    </>
  );
}

function itemsOf(menu: HTMLElement | null): HTMLElement[] {
  return [...(menu?.querySelectorAll<HTMLElement>("[role^=menuitem]:not(:disabled)") ?? [])];
}

function walk(event: KeyboardEvent, menu: HTMLElement | null) {
  const items = itemsOf(menu);
  const at = items.indexOf(document.activeElement as HTMLElement);
  const letter = event.key.length === 1 && event.key !== " " ? event.key.toLowerCase() : null;
  const startsWithLetter = (item: HTMLElement) =>
    letter !== null && item.innerText.toLowerCase().startsWith(letter);
  const next =
    {
      ArrowDown: items[(at + 1) % items.length],
      ArrowUp: items.at(at <= 0 ? -1 : at - 1),
      Home: items[0],
      End: items.at(-1),
    }[event.key] ?? [...items.slice(at + 1), ...items.slice(0, at + 1)].find(startsWithLetter);
  if (event.key === "Tab") menu?.hidePopover();
  if (!next) return;
  event.preventDefault();
  next.focus();
}

const itemClass =
  "flex min-h-8 w-full items-center gap-2 rounded-sm px-2 text-left text-label outline-none hover:bg-hover focus:bg-hover disabled:bg-transparent disabled:text-faint pointer-coarse:min-h-11 [&>svg]:size-4 [&>svg]:shrink-0";

interface MenuItemProps {
  onSelect: () => void;
  isDisabled?: boolean;
  isDangerous?: boolean;
  children: ReactNode;
}

export function MenuItem({
  onSelect,
  isDisabled = false,
  isDangerous = false,
  children,
}: MenuItemProps) {
  const close = useContext(CloseContext);
  return (
    <button
      type="button"
      role="menuitem"
      tabIndex={-1}
      disabled={isDisabled}
      onClick={() => {
        close();
        onSelect();
      }}
      className={clsx(itemClass, isDangerous && "text-danger")}
    >
      {children}
    </button>
  );
}

export function MenuSeparator() {
  return <div role="separator" className="mx-1 my-1 h-px bg-line" />;
}

interface MenuChoiceProps {
  value: string;
  onChange: (value: string) => void;
  children: ReactNode;
}

/** Items of which one is chosen. */
export function MenuChoice({ value, onChange, children }: MenuChoiceProps) {
  return <ChoiceContext value={{ value, onChange }}>{children}</ChoiceContext>;
}

export function MenuChoiceItem({ value, children }: { value: string; children: ReactNode }) {
  const close = useContext(CloseContext);
  const choice = useContext(ChoiceContext);
  const isChosen = choice?.value === value;
  return (
    <button
      type="button"
      role="menuitemradio"
      aria-checked={isChosen}
      tabIndex={-1}
      onClick={() => {
        close();
        choice?.onChange(value);
      }}
      className={clsx(itemClass, "items-start py-1.5 pointer-coarse:py-3")}
    >
      <span className="flex h-5 w-4 shrink-0 items-center">
        {isChosen && <Check aria-hidden className="size-3.5 text-accent" />}
      </span>
      <span className="min-w-0 flex-1">{children}</span>
    </button>
  );
}
