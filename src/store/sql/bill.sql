-- What gateways took, by month, authority and price.

-- name: BILL_ADD
INSERT INTO bill (month, sender, gateway, price, alerts, segments) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT (month, sender, gateway, price)
DO UPDATE SET alerts = alerts + excluded.alerts, segments = segments + excluded.segments

-- name: BILL_MONTHS
SELECT b.month, b.sender, g.name, b.price, b.alerts, b.segments FROM bill b JOIN gateway g ON g.id = b.gateway
WHERE b.month BETWEEN ?1 AND ?2 ORDER BY b.month, b.sender, b.gateway, b.price
