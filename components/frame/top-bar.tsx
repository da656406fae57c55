"use client";

import { useSetAtom } from "jotai";
import { Ellipsis, FileStack, FileUp, LogOut, Search, Settings, Share2 } from "lucide-react";
import Link from "next/link";
import { usePathname, useRouter } from "next/navigation";
import { IconButton } from "#components/ui/button.tsx";
import { Menu, MenuItem, MenuSeparator } from "#components/ui/menu.tsx";
import { overlayAtom } from "./frame-atoms.ts";
import type { Theme } from "./theme.ts";
import { ThemeSwitch } from "./theme-switch.tsx";
import { UnsafeLine } from "./unsafe-mark.tsx";
import { Wordmark } from "./wordmark.tsx";

/** The frame of every page but a session's own. */
export function TopBar({ theme }: { theme: Theme }) {
  const pathname = usePathname();
  const setOverlay = useSetAtom(overlayAtom);
  return (
    <header className="border-b border-line">
      <div className="mx-auto flex h-14 max-w-3xl items-center gap-2 px-4 sm:px-6">
        <Wordmark />
        <nav aria-label="Main" className="ml-auto flex items-center gap-0.5 sm:gap-1">
          <Link
            href="/sessions"
            aria-current={pathname === "/sessions" ? "page" : undefined}
            className="rounded px-2 py-1.5 text-label text-soft transition-colors hover:bg-hover hover:text-ink sm:px-3 aria-[current=page]:text-ink aria-[current=page]:underline aria-[current=page]:decoration-2 aria-[current=page]:underline-offset-8"
          >
            Sessions
          </Link>
          <Link
            href="/batches"
            aria-current={pathname.startsWith("/batches") ? "page" : undefined}
            className="rounded px-2 py-1.5 text-label text-soft transition-colors hover:bg-hover hover:text-ink max-[31rem]:hidden sm:px-3 aria-[current=page]:text-ink aria-[current=page]:underline aria-[current=page]:decoration-2 aria-[current=page]:underline-offset-8"
          >
            Batches
          </Link>
          <Link
            href="/upload"
            aria-current={pathname === "/upload" ? "page" : undefined}
            title="Bring a session"
            className="flex h-8 items-center rounded px-2 text-label text-soft transition-colors hover:bg-hover hover:text-ink max-[22rem]:hidden aria-[current=page]:text-ink aria-[current=page]:underline aria-[current=page]:decoration-2 aria-[current=page]:underline-offset-8 sm:px-3 pointer-coarse:h-10"
          >
            <FileUp aria-hidden className="size-4 sm:hidden" />
            <span className="sr-only sm:not-sr-only">Bring a session</span>
          </Link>
          <button
            type="button"
            onClick={() => setOverlay("palette")}
            className="flex h-8 items-center gap-2 rounded px-2 text-label text-soft transition-colors hover:bg-hover hover:text-ink pointer-coarse:h-10"
          >
            <Search aria-hidden className="size-4" />
            <span className="sr-only sm:not-sr-only">Find</span>
            <kbd className="hidden font-mono text-meta text-faint sm:inline">/</kbd>
          </button>
          <Link
            href="/shares"
            aria-label="Shares"
            title="Shares"
            aria-current={pathname === "/shares" ? "page" : undefined}
            className="inline-flex size-8 shrink-0 items-center justify-center rounded text-soft transition-colors hover:bg-hover hover:text-ink max-[31rem]:hidden aria-[current=page]:bg-hover aria-[current=page]:text-ink pointer-coarse:size-10"
          >
            <Share2 aria-hidden className="size-4" />
          </Link>
          <Link
            href="/settings"
            aria-label="Settings"
            title="Settings"
            aria-current={pathname === "/settings" ? "page" : undefined}
            className="inline-flex size-8 shrink-0 items-center justify-center rounded text-soft transition-colors hover:bg-hover hover:text-ink max-[31rem]:hidden aria-[current=page]:bg-hover aria-[current=page]:text-ink pointer-coarse:size-10"
          >
            <Settings aria-hidden className="size-4" />
          </Link>
          <ThemeSwitch initial={theme} />
          {pathname !== "/sign-in" && (
            <IconButton
              label="Sign out"
              className="max-[31rem]:hidden"
              onClick={() => setOverlay("sign-out")}
            >
              <LogOut aria-hidden />
            </IconButton>
          )}
          <MoreMenu isSignedOut={pathname === "/sign-in"} />
        </nav>
      </div>
      <UnsafeLine className="mx-auto max-w-3xl px-4 pb-2 sm:px-6" />
    </header>
  );
}

/** What has no room of its own on a phone. */
function MoreMenu({ isSignedOut }: { isSignedOut: boolean }) {
  const router = useRouter();
  const setOverlay = useSetAtom(overlayAtom);
  return (
    <Menu
      trigger={
        <IconButton label="More" className="min-[31rem]:hidden">
          <Ellipsis aria-hidden />
        </IconButton>
      }
    >
      <MenuItem onSelect={() => router.push("/upload")}>
        <FileUp aria-hidden /> Bring a session
      </MenuItem>
      <MenuItem onSelect={() => router.push("/batches")}>
        <FileStack aria-hidden /> Batches
      </MenuItem>
      <MenuItem onSelect={() => router.push("/shares")}>
        <Share2 aria-hidden /> Shares
      </MenuItem>
      <MenuItem onSelect={() => router.push("/settings")}>
        <Settings aria-hidden /> Settings
      </MenuItem>
      {!isSignedOut && (
        <>
          <MenuSeparator />
          <MenuItem onSelect={() => setOverlay("sign-out")}>
            <LogOut aria-hidden /> Sign out …
          </MenuItem>
        </>
      )}
    </Menu>
  );
}
