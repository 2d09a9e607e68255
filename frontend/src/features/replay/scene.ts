import * as THREE from "three";
import { OrbitControls } from "three/addons/controls/OrbitControls.js";
import { alarms, type Geom, type ReplayRecord, type Stage } from "./record";

const ALARM = new THREE.Color(0.9, 0.1, 0.1);
const PANEL = { height: 1.2, spare: 7, length: 22 };
const FLOOR = 400;
const LOOKS = {
  light: { sky: "#dfe9f3", floor: "#e3e7e4", line: "#d3d9d5" },
  dark: { sky: "#10161f", floor: "#1c242f", line: "#232d3a" },
};

/** Whether this browser draws WebGL; asked on a canvas of its own, so that nothing is logged. */
export function canDraw(): boolean {
  const context = document.createElement("canvas").getContext("webgl2");
  context?.getExtension("WEBGL_lose_context")?.loseContext();
  return context !== null;
}

/** A rollout in three dimensions: z is up, as in MuJoCo. The camera can be moved freely. */
export class ReplayScene {
  private readonly renderer: THREE.WebGLRenderer;
  private readonly scene = new THREE.Scene();
  private readonly camera = new THREE.PerspectiveCamera(45, 1, 0.05, 500);
  private readonly controls: OrbitControls;
  private readonly record: ReplayRecord;
  private readonly stage: Stage;
  private readonly parts: THREE.Group[] = [];
  private readonly materials: { material: THREE.MeshStandardMaterial; own: THREE.Color }[] = [];
  private readonly balls: Map<string, THREE.Mesh[]> = new Map();
  private readonly trail: THREE.Line;
  private readonly at = new THREE.Vector3();

  constructor(place: HTMLElement, record: ReplayRecord, stage: Stage, scheme: "light" | "dark") {
    this.record = record;
    this.stage = stage;
    this.renderer = new THREE.WebGLRenderer({ antialias: true });
    this.renderer.setPixelRatio(Math.min(window.devicePixelRatio, 2));
    place.append(this.renderer.domElement);
    this.camera.up.set(0, 0, 1);
    this.controls = new OrbitControls(this.camera, this.renderer.domElement);
    this.controls.maxPolarAngle = Math.PI / 2 - 0.02;
    this.controls.minDistance = 1;
    this.controls.maxDistance = 120;
    this.controls.addEventListener("change", () => this.draw());
    this.furnish(LOOKS[scheme]);
    this.trail = this.addTrail();
    this.addBody();
    this.show(0);
    this.home();
  }

  /** Put everything where it was at frame `frame`. */
  show(frame: number): void {
    const state = this.record.states[frame];
    if (!state) return;
    state.bodies.forEach(([x = 0, y = 0, z = 0, w = 1, i = 0, j = 0, k = 0], n) => {
      this.parts[n]?.position.set(x, y, z);
      this.parts[n]?.quaternion.set(i, j, k, w);
    });
    const alarm = alarms(this.record, frame);
    for (const { material, own } of this.materials) material.color.copy(alarm ? ALARM : own);
    for (const mark of this.stage.marks) this.showMarks(mark.places, mark.present, state);
    this.trail.geometry.setDrawRange(0, frame + 1);
    this.follow();
    this.draw();
  }

  /** The camera where the video has it. */
  home(): void {
    const { azimuth, elevation, distance, camera } = this.stage;
    const [a, e] = [azimuth, elevation].map((degrees) => THREE.MathUtils.degToRad(degrees));
    const away = new THREE.Vector3(
      -Math.cos(e ?? 0) * Math.cos(a ?? 0),
      -Math.cos(e ?? 0) * Math.sin(a ?? 0),
      -Math.sin(e ?? 0),
    );
    this.controls.target.copy(camera === "still" ? new THREE.Vector3() : this.body());
    this.at.copy(this.body());
    this.camera.position.copy(this.controls.target).addScaledVector(away, distance * 1.15);
    this.controls.update();
    this.draw();
  }

  /** Turn around the target (radians) and step nearer (`closer` < 1) or away. */
  turn(around: number, up: number, closer: number): void {
    const offset = this.camera.position.clone().sub(this.controls.target);
    const ball = new THREE.Spherical().setFromVector3(
      new THREE.Vector3(offset.y, offset.z, offset.x),
    );
    ball.theta += around;
    ball.phi = THREE.MathUtils.clamp(ball.phi - up, 0.05, Math.PI / 2 - 0.02);
    ball.radius = THREE.MathUtils.clamp(ball.radius * closer, 1, 120);
    const turned = new THREE.Vector3().setFromSpherical(ball);
    this.camera.position.copy(this.controls.target);
    this.camera.position.add(new THREE.Vector3(turned.z, turned.x, turned.y));
    this.controls.update();
    this.draw();
  }

  resize(width: number, height: number): void {
    this.camera.aspect = width / Math.max(height, 1);
    this.camera.updateProjectionMatrix();
    this.renderer.setSize(width, height);
    this.draw();
  }

  close(): void {
    this.controls.dispose();
    this.scene.traverse((thing) => {
      if (!(thing instanceof THREE.Mesh || thing instanceof THREE.Line)) return;
      thing.geometry.dispose();
      for (const material of [thing.material].flat()) {
        if (material instanceof THREE.MeshStandardMaterial) material.map?.dispose();
        material.dispose();
      }
    });
    this.renderer.dispose();
    this.renderer.domElement.remove();
  }

  private draw(): void {
    this.renderer.render(this.scene, this.camera);
  }

  private body(): THREE.Vector3 {
    return this.parts[0]?.position ?? new THREE.Vector3();
  }

  /** The camera goes along with the body and keeps the view that was chosen. */
  private follow(): void {
    if (this.stage.camera === "still") return;
    const moved = this.body().clone().sub(this.at);
    moved.z = 0;
    this.at.copy(this.body());
    this.controls.target.add(moved);
    this.camera.position.add(moved);
  }

  private furnish(look: { sky: string; floor: string; line: string }): void {
    this.scene.background = new THREE.Color(look.sky);
    this.scene.fog = new THREE.Fog(look.sky, 60, 140);
    this.scene.add(new THREE.HemisphereLight("#ffffff", "#8a8f96", 2));
    const sun = new THREE.DirectionalLight("#ffffff", 1.6);
    sun.position.set(-6, -8, 14);
    this.scene.add(sun);
    const squares = chequered(look.floor, look.line);
    squares.anisotropy = this.renderer.capabilities.getMaxAnisotropy();
    const floor = new THREE.Mesh(
      new THREE.PlaneGeometry(FLOOR, FLOOR),
      new THREE.MeshStandardMaterial({ map: squares, roughness: 1 }),
    );
    this.scene.add(floor);
    if (this.stage.walls !== null) this.addPanels(this.stage.walls);
    if (this.stage.ring !== null) this.addRing(this.stage.ring);
    for (const mark of this.stage.marks) this.addBalls(mark.places, mark.radius, mark.rgba);
  }

  private addPanels(x: number): void {
    const length = 2 * ((this.stage.ring ?? PANEL.length) + PANEL.spare);
    for (const side of [-x, x]) {
      const panel = new THREE.Mesh(
        new THREE.BoxGeometry(0.06, length, PANEL.height),
        new THREE.MeshStandardMaterial({
          color: "#3366ff",
          transparent: true,
          opacity: 0.4,
          depthWrite: false,
        }),
      );
      panel.position.set(side, 0, PANEL.height / 2);
      this.scene.add(panel);
    }
  }

  private addRing(radius: number): void {
    const ring = new THREE.Mesh(
      new THREE.RingGeometry(radius - 0.08, radius + 0.08, 128),
      new THREE.MeshBasicMaterial({ color: "#e5c53d", side: THREE.DoubleSide }),
    );
    ring.position.z = 0.012;
    this.scene.add(ring);
  }

  private addBalls(places: string, radius: number, rgba: number[]): void {
    const count = (this.record.states[0]?.[places] as number[][] | undefined)?.length ?? 0;
    const made = Array.from({ length: count }, () => {
      const ball = new THREE.Mesh(
        new THREE.SphereGeometry(radius, 24, 16),
        new THREE.MeshStandardMaterial({ color: colour(rgba), roughness: 0.5 }),
      );
      ball.position.z = radius;
      this.scene.add(ball);
      return ball;
    });
    this.balls.set(places, made);
  }

  private showMarks(places: string, present: string, state: Record<string, unknown>): void {
    const where = state[places] as [number, number][] | undefined;
    const there = state[present] as boolean[] | undefined;
    this.balls.get(places)?.forEach((ball, k) => {
      const [x, y] = where?.[k] ?? [0, 0];
      ball.position.set(x, y, ball.position.z);
      ball.visible = Boolean(there?.[k]);
    });
  }

  private addBody(): void {
    const count = this.record.states[0]?.bodies.length ?? 0;
    for (let n = 0; n < count; n += 1) {
      const part = new THREE.Group();
      this.parts.push(part);
      this.scene.add(part);
    }
    for (const geom of this.stage.geoms) {
      const own = colour(geom.rgba);
      const material = new THREE.MeshStandardMaterial({ color: own, roughness: 0.6 });
      if (geom.rgba[3] < 1) Object.assign(material, { transparent: true, opacity: geom.rgba[3] });
      const mesh = new THREE.Mesh(solid(geom), material);
      const [w, x, y, z] = geom.quat;
      mesh.position.set(...geom.pos);
      mesh.quaternion.set(x, y, z, w);
      if (geom.type === "ellipsoid") mesh.scale.set(...geom.size);
      this.parts[geom.body]?.add(mesh);
      this.materials.push({ material, own });
    }
  }

  private addTrail(): THREE.Line {
    const points = this.record.states.map(
      ({ bodies }) => new THREE.Vector3(bodies[0]?.[0], bodies[0]?.[1], 0.03),
    );
    const line = new THREE.Line(
      new THREE.BufferGeometry().setFromPoints(points),
      new THREE.LineBasicMaterial({ color: "#2f5fd0", transparent: true, opacity: 0.7 }),
    );
    line.frustumCulled = false;
    this.scene.add(line);
    return line;
  }
}

/** Squares of one metre in two shades. */
function chequered(one: string, other: string): THREE.CanvasTexture {
  const size = 128;
  const canvas = Object.assign(document.createElement("canvas"), { width: size, height: size });
  const pen = canvas.getContext("2d");
  if (pen) {
    pen.fillStyle = one;
    pen.fillRect(0, 0, size, size);
    pen.fillStyle = other;
    pen.fillRect(0, 0, size / 2, size / 2);
    pen.fillRect(size / 2, size / 2, size / 2, size / 2);
  }
  const texture = new THREE.CanvasTexture(canvas);
  texture.colorSpace = THREE.SRGBColorSpace;
  texture.wrapS = texture.wrapT = THREE.RepeatWrapping;
  texture.repeat.set(FLOOR / 2, FLOOR / 2);
  return texture;
}

function colour([r = 0, g = 0, b = 0]: number[]): THREE.Color {
  return new THREE.Color().setRGB(r, g, b, THREE.SRGBColorSpace);
}

/** MuJoCo's sizes are half lengths, and its long axis is z where three's is y. */
function solid({ type, size: [a, b, c] }: Geom): THREE.BufferGeometry {
  if (type === "sphere") return new THREE.SphereGeometry(a, 28, 20);
  if (type === "ellipsoid") return new THREE.SphereGeometry(1, 28, 20);
  if (type === "box") return new THREE.BoxGeometry(2 * a, 2 * b, 2 * c);
  const long =
    type === "capsule"
      ? new THREE.CapsuleGeometry(a, 2 * b, 8, 20)
      : new THREE.CylinderGeometry(a, a, 2 * b, 28);
  return long.rotateX(Math.PI / 2);
}
