import ClusterModel
import Testing

@Suite struct UnitsTests {
    @Test(arguments: [
        (0.0, "0"), (1, "1"), (-1, "-1"), (0.5, "0.5"), (12.345, "12.345"), (12.3456, "12.346"), (-0.25, "-0.25"),
        (1_000_000, "1000000"), (0.0004, "0"), (29.999_999, "30"),
    ])
    func numbersAreTrimmed(_ value: Double, _ text: String) {
        #expect(trimmed(value) == text)
    }

    @Test func whatCannotBeTrimmedIsStillText() {
        #expect(trimmed(.infinity) == "inf")
        #expect(!trimmed(1e300).isEmpty)
    }

    @Test(arguments: [
        (Duration.zero, "0s"), (.nanoseconds(15), "15ns"), (.microseconds(10), "10us"), (.milliseconds(200), "200ms"),
        (.milliseconds(1_500), "1.5s"), (.seconds(120), "120s"), (.nanoseconds(1_234_567), "1.235ms"),
        (.milliseconds(-20), "-20ms"),
    ])
    func durationsAreWrittenInTheLargestUnit(_ duration: Duration, _ text: String) {
        #expect(duration.text == text)
    }

    @Test func nanosecondsDoNotOverflow() {
        #expect(Duration.seconds(Int64.max).nanoseconds == .max)
        #expect(Duration.seconds(Int64.min).nanoseconds == .min)
        #expect(Duration.milliseconds(-1).nanoseconds == -1_000_000)
    }

    @Test func sharesAndRates() {
        #expect("\(Share(0.3))" == "30%")
        #expect("\(Share(0.125))" == "12.5%")
        #expect(Share(0.1) < Share(0.2))
        #expect("\(Rate(perSecond: 500))" == "500/s")
        #expect("\(Rate(perSecond: 0.5))" == "0.5/s")
    }

    @Test(arguments: [
        (Condition.Operator.equal, [false, true, false], "2"), (.notEqual, [true, false, true], "!=2"),
        (.less, [true, false, false], "<2"), (.lessOrEqual, [true, true, false], "<=2"),
        (.greater, [false, false, true], ">2"), (.greaterOrEqual, [false, true, true], ">=2"),
    ])
    func conditions(_ op: Condition.Operator, _ holds: [Bool], _ text: String) {
        let condition = Condition(op, 2)
        #expect([1.0, 2, 3].map(condition.holds) == holds)
        #expect("\(condition)" == text)
    }
}
