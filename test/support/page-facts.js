// What a reader of this page would see of it: whether it fits, and how well each text stands out (WCAG 2.2, 1.4.3).
(() => {
  const channels = (colour) => colour.match(/[\d.]+/g).map(Number);
  const luminance = (colour) => {
    const [red, green, blue] = channels(colour)
      .slice(0, 3)
      .map((value) => value / 255)
      .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const contrast = (...colours) => {
    const [dark, light] = colours.map(luminance).sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };
  const isSolid = (colour) => /^rgb\(/.test(colour);
  // A box of the picture is a rectangle beside its text, all else is a background.
  const behind = (element) => {
    const box = element.closest(".box");
    if (box) return getComputedStyle(box.querySelector("rect")).fill;
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (isSolid(colour)) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const texts = [...document.querySelectorAll("body *")]
    .filter((element) => element.checkVisibility({ visibilityProperty: true }))
    .filter((element) => !["title", "desc"].includes(element.localName))
    .filter((element) =>
      [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()),
    )
    .map((element) => {
      const style = getComputedStyle(element);
      const colour = element.localName === "text" ? style.fill : style.color;
      const { left, right } = element.getBoundingClientRect();
      const box = element.closest(".box")?.querySelector("rect").getBoundingClientRect();
      return {
        text: element.textContent.trim().slice(0, 40),
        contrast: contrast(colour, behind(element)),
        isInside: left >= (box?.left ?? 0) && right <= (box?.right ?? innerWidth),
      };
    });
  return { isWide: document.scrollingElement.scrollWidth > innerWidth, texts };
})();
