// What tests/support/accessibility.py asks of a page. It lies in every page before that page's own scripts run.
//
// Whether a piece of text stands out follows from how it and all that it lies in are drawn. That is its combination, and
// pages repeat a few dozen of them hundreds of times. So axe looks at one piece of text of each combination, and not at
// all at those which it has passed on another page of the run. Where something else may lie over or under a piece of
// text, its combination is its own; where axe cannot decide about one piece, it looks at all of that combination.

window.accessibility = (() => {
  const MARK = "data-looked-at";
  const CONTRAST = "color-contrast";
  // What axe reckons with in a piece of text itself, what may stand before or after it, and what it may lie in.
  const DRAWN = [
    "color", "fontSize", "fontWeight", "textShadow", "visibility", "textIndent",
    "webkitTextFillColor", "webkitTextStrokeColor", "webkitTextStrokeWidth",
  ];
  const BESIDE = ["content", "display", "position", "width", "height", "backgroundColor", "backgroundImage", "opacity"];
  const GROUND = {
    backgroundColor: "rgba(0, 0, 0, 0)", backgroundImage: "none", backgroundClip: "border-box", opacity: "1",
    filter: "none", backdropFilter: "none", mixBlendMode: "normal", clipPath: "none", maskImage: "none",
  };
  const MOVED = ["transform", "translate", "rotate", "scale", "float"];
  const NO_TEXT = ["hidden", "range", "color", "checkbox", "radio", "image"]; // as axe has it of <input>
  const texts = new Map(); // the pieces of text of each combination
  let places = "";

  const hash = (text) => { // cyrb53, 53 bits
    let one = 0xdeadbeef, two = 0x41c6ce57;
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      one = Math.imul(one ^ code, 2654435761);
      two = Math.imul(two ^ code, 1597334677);
    }
    one = Math.imul(one ^ (one >>> 16), 2246822507) ^ Math.imul(two ^ (two >>> 13), 3266489909);
    two = Math.imul(two ^ (two >>> 16), 2246822507) ^ Math.imul(one ^ (one >>> 13), 3266489909);
    return (4294967296 * (2097151 & two) + (one >>> 0)).toString(36);
  };

  const below = (above, parts) =>
    above.startsWith("apart") ? above.split(" ").slice(0, 2).concat(hash(above + parts.join("|"))).join(" ")
      : hash([above, ...parts].join("|"));

  const moved = (part, style) =>
    !["static", "relative"].includes(style.position)
    || (style.position === "relative" && /[1-9]/.test(style.inset))
    || MOVED.some((name) => style[name] !== "none")
    || style.margin.includes("-");

  const reads = (part) =>
    part.tagName === "INPUT" ? !NO_TEXT.includes(part.type)
      : ["SELECT", "TEXTAREA"].includes(part.tagName)
        || (part.tagName !== "OPTION" && [...part.childNodes].some((one) => one.nodeType === 3 && one.data.trim()));

  const combinations = () => {
    const found = [], over = [];
    let apart = 0;
    const walk = (part, above) => {
      if (!part.checkVisibility()) return;
      const style = getComputedStyle(part);
      if (style.clip === "rect(0px, 0px, 0px, 0px)" && style.position === "absolute") return; // only heard
      if (moved(part, style)) {
        const box = part.getBoundingClientRect();
        if (box.right <= 0 || box.bottom <= 0) return; // where nobody can scroll
        above = `apart ${apart++}`;
        over.push([part, box]);
      } else if (part instanceof SVGElement) {
        above = `apart ${apart++}`;
      }
      const beside = ["::before", "::after"].map((name) => {
        const drawn = getComputedStyle(part, name);
        return drawn.content === "none" ? "" : BESIDE.map((one) => drawn[one]).join();
      }).join("");
      const ground = Object.entries(GROUND).map(([name, usual]) => (style[name] === usual ? "" : style[name])).join("");
      const key = beside || ground ? below(above, [beside, ground]) : above;
      if (reads(part)) {
        found.push([part, below(key, [part.tagName, part.disabled, part.ariaDisabled, ...DRAWN.map((one) => style[one])])]);
      }
      for (const child of part.children) walk(child, key);
    };
    walk(document.documentElement, "");
    texts.clear();
    for (const [part, own] of found) {
      const box = part.getBoundingClientRect();
      const meets = over.some(([other, there]) =>
        box.left < there.right && there.left < box.right && box.top < there.bottom && there.top < box.bottom
        && !other.contains(part) && !part.contains(other));
      const key = meets ? `apart ${apart++}` : own;
      if (!texts.has(key)) texts.set(key, []);
      texts.get(key).push(part);
    }
    return [...texts.keys()];
  };

  const told = (found) =>
    found.violations.map(({id, impact, nodes}) =>
      ({id, impact, nodes: nodes.map(({html}) => ({html: html.replace(` ${MARK}=""`, "")}))}));

  const run = async (parts, rules) => {
    for (const part of parts) part.setAttribute(MARK, "");
    const found = await axe.run({runOnly: {type: "rule", values: rules}, elementRef: true});
    for (const part of parts) part.removeAttribute(MARK);
    const passes = found.passes.filter((rule) => rule.id === CONTRAST).flatMap((rule) => rule.nodes);
    return [told(found), new Set(passes.map((one) => one.element))];
  };

  const seen = (part) => {
    const box = part.getBoundingClientRect();
    return box.width > 1 && box.height > 1 && part.checkVisibility({opacityProperty: true, visibilityProperty: true});
  };

  return {
    // Whether every part of the page is where it was when this was last asked.
    alike() {
      const before = places;
      places = [...document.querySelectorAll("body *")].map((part) => {
        const box = part.getBoundingClientRect();
        return [box.x, box.y, box.width, box.height];
      }).join();
      return before === places;
    },
    combinations,
    // What axe finds against contrast in these combinations, and against `rules` in the page; and which it has passed.
    async contrast(keys, rules) {
      axe.configure({rules: [{id: CONTRAST, selector: `[${MARK}]`}]});
      const one = new Map(keys.map((key) => [key, texts.get(key).find(seen) ?? texts.get(key)[0]]));
      let [violations, passes] = await run(one.values(), [...rules, ...(keys.length ? [CONTRAST] : [])]);
      const open = keys.filter((key) => !passes.has(one.get(key)));
      const rest = open.flatMap((key) => texts.get(key).filter((part) => part !== one.get(key)));
      if (rest.length) {
        const [more, others] = await run(rest, [CONTRAST]);
        violations = [...violations, ...more];
        passes = new Set([...passes, ...others]);
      }
      const failed = violations.some((rule) => rule.id === CONTRAST);
      const passed = keys.filter((key) => !failed && texts.get(key).some((part) => passes.has(part)));
      return [violations, passed.filter((key) => !key.startsWith("apart"))];
    },
    // What axe finds against all other rules.
    async others() {
      const found = await axe.run({resultTypes: ["violations"], rules: {[CONTRAST]: {enabled: false}}});
      return told(found);
    },
  };
})();
