// Keys of the mailbox. Single letters work only while the list or the message has the focus, so that they
// never get in the way of a screen reader or a text field.

/** Calls `move(by)`, `enter()`, `back()`, `teach(label)`, `forget()` and `search()`. */
export function onKeys(mail, { move, enter, back, teach, forget, search }) {
  const inList = {
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    PageDown: () => move(10),
    PageUp: () => move(-10),
    Home: () => move("first"),
    End: () => move("last"),
    Enter: enter,
    " ": enter,
  };
  const inBoth = {
    j: () => move(1),
    k: () => move(-1),
    s: () => teach("spam"),
    h: () => teach("ham"),
    u: forget,
    "/": search,
  };
  mail.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
    const list = event.target.closest("#list");
    const reading = event.target.closest("#reading");
    const action =
      (list && inList[event.key]) || ((list || reading) && inBoth[event.key]) || (reading && event.key === "Escape" && back);
    if (!action) return;
    event.preventDefault();
    action();
  });
}
