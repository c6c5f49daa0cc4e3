"""Power of an overshot water wheel: what the water gives up in falling, times what the wheel makes of it."""

GRAVITY = 9.81  # m/s2
DENSITY = 1000  # kg/m3


def power_kw(flow_m3_per_s: float, head_m: float, efficiency: float = 0.7) -> float:
    return DENSITY * GRAVITY * flow_m3_per_s * head_m * efficiency / 1000


if __name__ == "__main__":
    for flow in (0.05, 0.1, 0.2, 0.4):
        print(f"{flow:5.2f} m3/s over 3.5 m: {power_kw(flow, 3.5):5.1f} kW")
    print("one pair of stones wants about 4 kW")
