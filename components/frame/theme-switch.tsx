"use client";

import { Monitor, Moon, Sun } from "lucide-react";
import { useState } from "react";
import { IconButton } from "#components/ui/button.tsx";
import { Menu, MenuChoice, MenuChoiceItem } from "#components/ui/menu.tsx";
import { parseTheme, THEME_COOKIE, themes, type Theme } from "./theme.ts";
import { writeCookie } from "./write-cookie.ts";

const labels: Record<Theme, string> = { system: "As the system", light: "Light", dark: "Dark" };
const icons = { system: Monitor, light: Sun, dark: Moon };

export function ThemeSwitch({ initial }: { initial: Theme }) {
  const [theme, setTheme] = useState(initial);
  const Icon = icons[theme];

  function choose(value: string) {
    const next = parseTheme(value);
    setTheme(next);
    document.documentElement.dataset["theme"] = next;
    writeCookie(THEME_COOKIE, next);
  }

  return (
    <Menu
      trigger={
        <IconButton label={`Colours: ${labels[theme].toLowerCase()}`}>
          <Icon aria-hidden />
        </IconButton>
      }
    >
      <MenuChoice value={theme} onChange={choose}>
        {themes.map((value) => (
          <MenuChoiceItem key={value} value={value}>
            {labels[value]}
          </MenuChoiceItem>
        ))}
      </MenuChoice>
    </Menu>
  );
}
