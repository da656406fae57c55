"use client";

import clsx from "clsx";
import { Check } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import type { ReactElement, ReactNode } from "react";

interface MenuProps {
  /** The button that opens it. */
  trigger: ReactElement;
  align?: "start" | "end";
  className?: string;
  children: ReactNode;
}

/** A menu. Not modal: the modal kind locks scrolling with a `<style>` that our CSP refuses. */
export function Menu({ trigger, align = "end", className, children }: MenuProps) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align={align}
          sideOffset={4}
          collisionPadding={8}
          className={clsx(
            "z-40 max-h-(--radix-dropdown-menu-content-available-height) min-w-44 overflow-y-auto rounded border border-line bg-surface p-1 shadow-floating",
            className,
          )}
        >
          {children}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

const itemClass =
  "flex min-h-8 cursor-pointer items-center gap-2 rounded-sm px-2 text-label outline-none select-none data-disabled:cursor-default data-disabled:text-faint data-highlighted:bg-hover pointer-coarse:min-h-11 [&>svg]:size-4 [&>svg]:shrink-0";

interface MenuItemProps {
  onSelect: () => void;
  isDisabled?: boolean;
  isDangerous?: boolean;
  children: ReactNode;
}

export function MenuItem({ onSelect, isDisabled = false, isDangerous = false, children }: MenuItemProps) {
  return (
    <DropdownMenu.Item disabled={isDisabled} onSelect={onSelect} className={clsx(itemClass, isDangerous && "text-danger")}>
      {children}
    </DropdownMenu.Item>
  );
}

export function MenuSeparator() {
  return <DropdownMenu.Separator className="mx-1 my-1 h-px bg-line" />;
}

interface MenuChoiceProps {
  value: string;
  onChange: (value: string) => void;
  children: ReactNode;
}

/** Items of which one is chosen. */
export function MenuChoice({ value, onChange, children }: MenuChoiceProps) {
  return (
    <DropdownMenu.RadioGroup value={value} onValueChange={onChange}>
      {children}
    </DropdownMenu.RadioGroup>
  );
}

export function MenuChoiceItem({ value, children }: { value: string; children: ReactNode }) {
  return (
    <DropdownMenu.RadioItem value={value} className={clsx(itemClass, "items-start py-1.5")}>
      <span className="flex h-5 w-4 shrink-0 items-center">
        <DropdownMenu.ItemIndicator>
          <Check aria-hidden className="size-3.5 text-accent" />
        </DropdownMenu.ItemIndicator>
      </span>
      <span className="min-w-0 flex-1">{children}</span>
    </DropdownMenu.RadioItem>
  );
}
