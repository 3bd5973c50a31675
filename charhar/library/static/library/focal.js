// The focal point of a picture, set by a click on its preview. The two number fields stay the truth.

const frame = document.querySelector("[data-focal]");
const across = document.getElementById("id_focal_x");
const down = document.getElementById("id_focal_y");

if (frame && across && down) {
  const mark = document.createElement("span");
  mark.className = "focal-mark";
  frame.append(mark);

  const show = () => {
    mark.style.insetInlineStart = `${across.value * 100}%`;
    mark.style.insetBlockStart = `${down.value * 100}%`;
  };

  frame.addEventListener("click", (event) => {
    const box = frame.getBoundingClientRect();
    const share = (at, start, length) => Math.min(1, Math.max(0, (at - start) / length)).toFixed(2);
    across.value = share(event.clientX, box.left, box.width);
    down.value = share(event.clientY, box.top, box.height);
    show();
  });

  for (const field of [across, down]) field.addEventListener("input", show);
  show();
}
