// Draws what the page's program computes. It knows nothing of networks beyond their picture.

let points = new Float64Array(0), reach = 1;

export function nextFrame() {
    // A hidden page gets no frames; it goes on slowly.
    return new Promise(done => document.hidden ? setTimeout(done, 200) : requestAnimationFrame(() => done()));
}

export function setTheme(scheme) {
    document.documentElement.style.colorScheme = scheme;
}

export function setPoints(view, largest) {
    points = view.slice();
    reach = largest;
}

function colour(name) {
    const [r, g, b] = getComputedStyle(document.documentElement).getPropertyValue(name).match(/[\d.]+/g).map(Number);
    return [r, g, b];
}

const css = ([r, g, b], alpha = 1) => `rgb(${r} ${g} ${b} / ${alpha})`;

/** A canvas as large as it is shown, in pixels of the screen. */
function sized(id) {
    const canvas = document.getElementById(id), scale = devicePixelRatio || 1;
    const width = Math.max(1, Math.round(canvas.clientWidth * scale)), height = Math.max(1, Math.round(canvas.clientHeight * scale));
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
    const context = canvas.getContext("2d");
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, height);
    return [context, width / scale, height / scale];
}

const sheets = new Map();

/** A small canvas of side x side pixels, kept for the next time. */
function sheet(name, side) {
    let one = sheets.get(name);
    if (!one || one.width !== side) {
        one = Object.assign(document.createElement("canvas"), { width: side, height: side });
        sheets.set(name, one);
    }
    return one;
}

function paint(name, side, pixel) {
    const one = sheet(name, side), context = one.getContext("2d"), image = context.createImageData(side, side);
    for (let i = 0; i < side * side; i++) {
        const [from, to, share] = pixel(i);
        for (let k = 0; k < 3; k++) image.data[4 * i + k] = from[k] + (to[k] - from[k]) * share;
        image.data[4 * i + 3] = 255;
    }
    context.putImageData(image, 0, 0);
    return one;
}

export function drawBoundary(side, view, unseen) {
    const pixels = view.slice(), [context, width, height] = sized("boundary");
    const classes = ["--class-0", "--class-1", "--class-2"].map(colour), ground = colour("--ground");
    const plane = paint("boundary", side, i => [ground, classes[pixels[2 * i]], 0.08 + 0.5 * pixels[2 * i + 1] / 255]);
    context.imageSmoothingEnabled = true;
    context.drawImage(plane, 0, 0, width, height);
    const radius = Math.max(2.5, width / 110);
    for (let i = 0; i < points.length; i += 4) {
        const learnt = points[i + 3] === 1;
        if (!learnt && !unseen) continue;
        context.beginPath();
        context.arc((points[i] / reach + 1) / 2 * width, (1 - points[i + 1] / reach) / 2 * height, radius, 0, 2 * Math.PI);
        context.lineWidth = learnt ? 1 : 1.8;
        context.strokeStyle = learnt ? css(ground) : css(classes[points[i + 2]]);
        context.fillStyle = css(learnt ? classes[points[i + 2]] : ground);
        context.fill();
        context.stroke();
    }
}

/** Where neuron i of n stands. */
function place(layer, layers, i, n, width, height, size) {
    const gap = Math.min((height - size - 8) / Math.max(n - 1, 1), size * 1.75);
    return [size / 2 + 6 + (width - size - 12) * layer / (layers - 1), height / 2 + (i - (n - 1) / 2) * gap];
}

const largest = values => values.reduce((most, v) => Math.max(most, Math.abs(v)), 1e-12);

export function drawNetwork(sizesView, weightsView, gradientsView, side, neuronsView, edges) {
    const sizes = sizesView.slice(), weights = weightsView.slice(), gradients = gradientsView.slice(), neurons = neuronsView.slice();
    const [context, width, height] = sized("network");
    const [plus, minus, slope, ground, ink] = ["--plus", "--minus", "--slope", "--ground", "--ink"].map(colour);
    const most = Math.max(...sizes), size = Math.max(18, Math.min(38, (height - 16) / (1.28 * most))), columns = sizes.length;
    const mostWeight = largest(weights), mostSlope = largest(gradients);
    context.lineCap = "round";
    for (let layer = 1, at = 0; layer < columns; layer++) {
        for (let to = 0; to < sizes[layer]; to++) {
            for (let from = 0; from < sizes[layer - 1]; from++, at++) {
                const [x0, y0] = place(layer - 1, columns, from, sizes[layer - 1], width, height, size);
                const [x1, y1] = place(layer, columns, to, sizes[layer], width, height, size);
                const w = Math.abs(weights[at]) / mostWeight, g = Math.sqrt(Math.abs(gradients[at]) / mostSlope);
                const line = (colour, share, thick) => {
                    context.beginPath();
                    context.moveTo(x0 + size / 2, y0);
                    context.bezierCurveTo((x0 + x1) / 2, y0, (x0 + x1) / 2, y1, x1 - size / 2, y1);
                    context.strokeStyle = css(colour, 0.12 + 0.8 * share);
                    context.lineWidth = thick;
                    context.stroke();
                };
                if (edges !== "gradients") line(weights[at] >= 0 ? plus : minus, w, 0.6 + 5 * w);
                if (edges !== "weights" && g > 0) line(slope, g, edges === "both" ? 0.4 + 1.6 * g : 0.4 + 4 * g);
            }
        }
    }
    context.imageSmoothingEnabled = true;
    for (let layer = 0, at = 0; layer < columns; layer++) {
        for (let i = 0; i < sizes[layer]; i++) {
            const [x, y] = place(layer, columns, i, sizes[layer], width, height, size);
            const shade = layer === 0
                ? p => i === 0 ? 2 * (p % side) / (side - 1) - 1 : 1 - 2 * Math.floor(p / side) / (side - 1)
                : (start => p => (neurons[start + p] - 128) / 127)(side * side * at++);
            const picture = paint(`neuron ${layer} ${i}`, side, p => {
                const v = shade(p);
                return [ground, v >= 0 ? plus : minus, Math.min(1, 0.06 + 0.9 * Math.abs(v))];
            });
            context.save();
            context.beginPath();
            context.roundRect(x - size / 2, y - size / 2, size, size, 5);
            context.fillStyle = css(ground);
            context.fill();
            context.clip();
            context.drawImage(picture, x - size / 2, y - size / 2, size, size);
            context.restore();
            context.strokeStyle = css(ink, 0.7);
            context.lineWidth = 1;
            context.stroke();
        }
    }
}
