// What the checks ask of a page: what of its text is too faint, what runs out of its place, what a person reads.
window.probe = (() => {
  const pen = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  /// A color as four numbers, whatever its notation.
  function numbers(color) {
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = color;
    pen.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  }
  const over = ([r, g, b, a], below) => [r, g, b].map((value, i) => value * a + below[i] * (1 - a));
  const light = (color) => color.slice(0, 3).map((value) => value / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
    .reduce((sum, value, i) => sum + value * [0.2126, 0.7152, 0.0722][i], 0);

  /// The color behind an element: all that is painted there, one over the other.
  function ground(element) {
    const layers = [];
    for (let each = element; each; each = each.parentElement) {
      const { backgroundColor, backgroundImage } = getComputedStyle(each);
      if (backgroundImage !== "none") return null; // Text on a pattern: no one color is behind it.
      layers.push(numbers(backgroundColor));
      // What lies in the top layer has nothing of the page behind it but its own.
      if (layers.at(-1)[3] === 1) break;
    }
    const canvas = matchMedia("(prefers-color-scheme: dark)").matches ? [18, 18, 18] : [255, 255, 255];
    return layers.reduceRight((below, layer) => over(layer, below), canvas);
  }

  function contrast(element, color = null) {
    const style = getComputedStyle(element);
    const behind = ground(element);
    if (!behind) return 0;
    const ink = color ?? numbers(element instanceof SVGElement ? style.fill : style.color);
    for (let each = element; each; each = each.parentElement) ink[3] *= Number(getComputedStyle(each).opacity);
    const [high, low] = [light(over(ink, behind)), light(behind)].sort((a, b) => b - a);
    return (high + 0.05) / (low + 0.05);
  }

  const isSeen = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) &&
    !element.closest(".unseen, script, style");

  /// Each visible text whose contrast is below `least`, and how many texts were looked at.
  function faint(least) {
    const found = new Set();
    let count = 0;
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node.parentElement;
      if (!node.data.trim() || !isSeen(element)) continue;
      count += 1;
      const ratio = contrast(element);
      if (ratio < least) found.add(`${ratio.toFixed(2)}: ${node.data.trim().slice(0, 60)}`);
    }
    for (const input of document.querySelectorAll("input")) {
      const ratio = contrast(input, numbers(getComputedStyle(input, "::placeholder").color));
      if (ratio < least) found.add(`${ratio.toFixed(2)}: ${input.placeholder}`);
    }
    return { count, found: [...found] };
  }

  /// What is wider than the page, the table's own scroller aside.
  function tooWide() {
    const width = document.documentElement.clientWidth;
    const found = new Set();
    for (const element of document.body.querySelectorAll("*")) {
      if (!isSeen(element) || element.closest("#scroller table, svg")) continue;
      const { left, right } = element.getBoundingClientRect();
      if (right > width + 0.5 || left < -0.5) found.add(`${element.tagName} ${element.id || element.className}: ${Math.round(left)} to ${Math.round(right)}`);
      // Text that its box does not hold.
      if (element.clientWidth && element.scrollWidth > element.clientWidth + 1 && element.id !== "scroller") {
        found.add(`${element.tagName} ${element.id || element.className}: ${element.scrollWidth} in ${element.clientWidth}`);
      }
    }
    return [...found];
  }

  const text = (selector) => [...document.querySelectorAll(selector)].filter(isSeen).map((each) =>
    each.innerText.replace(/\s+/g, " ").trim()).join("\n");
  const push = (selector, words) => {
    const found = [...document.querySelectorAll(selector)].find((each) => isSeen(each) && each.innerText.includes(words));
    if (!found) throw new Error(`there is no ${selector} with ${words}`);
    found.focus();
    return found;
  };
  const search = (query) => {
    const input = document.getElementById("search");
    input.value = query;
    input.dispatchEvent(new Event("input"));
    return text("#shown");
  };
  return { faint, tooWide, text, push, search };
})();
true;
