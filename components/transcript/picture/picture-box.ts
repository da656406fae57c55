import type { CSSProperties } from "react";
import type { Picture } from "#lib/read-picture.ts";

/** On a page, of a picture that is higher than this only so much is taken. */
const HEIGHT_MAX = "min(60dvh, 30rem)";
/** A banner or a strip is cut at these shapes; all of it is shown when it is opened. */
const WIDEST = 6;
const NARROWEST = 1 / 2;
/** A smaller one is shown on so much ground that it can be pressed. Pixels. */
const SIDE_MIN = 32;

/** What of a screen a dialog leaves for a picture. */
const DIALOG_WIDTH = "100vw - 2rem - 2px";
const DIALOG_HEIGHT = "100dvh - 9rem";

interface PictureBox {
  style: CSSProperties;
  /** The box shows a piece of the picture. */
  isCropped: boolean;
}

/** The place that a picture takes on a page, before it has come too: nothing moves when it does. */
export function pictureBox(size: Pick<Picture, "width" | "height"> | null): PictureBox {
  const { width, height } = size ?? { width: 480, height: 360 };
  const [boxWidth, boxHeight] = [Math.max(width, SIDE_MIN), Math.max(height, SIDE_MIN)];
  const shape = boxWidth / boxHeight;
  const shown = Math.max(NARROWEST, Math.min(WIDEST, shape));
  return {
    style: {
      width: `min(100%, ${boxWidth}px, calc(${HEIGHT_MAX} * ${Number(shown.toFixed(4))}))`,
      aspectRatio: Number(shown.toFixed(4)),
    },
    isCropped: shown !== shape,
  };
}

interface LargePictureBox {
  style: CSSProperties;
  /** It is larger than the screen: all of it would be too small to see. */
  isScrolled: boolean;
}

/** The size of a picture by itself: all of it at once, but for strips and banners, which are as large as they are. */
export function largePictureBox(size: Pick<Picture, "width" | "height"> | null): LargePictureBox {
  if (size === null) return { style: { maxWidth: `calc(${DIALOG_WIDTH})` }, isScrolled: true };
  const { width, height } = size;
  const shape = width / height;
  if (shape < NARROWEST || shape > WIDEST) return { style: { width, height }, isScrolled: true };
  const fitting = `calc((${DIALOG_HEIGHT}) * ${Number(shape.toFixed(4))})`;
  return {
    style: { width: `min(${width}px, ${DIALOG_WIDTH}, ${fitting})`, aspectRatio: shape },
    isScrolled: false,
  };
}
