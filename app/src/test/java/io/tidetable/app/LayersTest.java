package io.tidetable.app;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/**
 * Who may see whom. A failing rule is a question about the design before it is one about a line.
 */
@AnalyzeClasses(packages = "io.tidetable", importOptions = ImportOption.DoNotIncludeTests.class)
class LayersTest {
    @ArchTest
    static final ArchRule theWordsNeedNothing =
            classes()
                    .that()
                    .resideInAPackage("io.tidetable.model..")
                    .should()
                    .onlyDependOnClassesThat()
                    .resideInAnyPackage("io.tidetable.model..", "java..", "org.jspecify..");

    @ArchTest
    static final ArchRule controlAndNodeNeverSeeEachOther =
            noClasses()
                    .that()
                    .resideInAPackage("io.tidetable.control..")
                    .should()
                    .dependOnClassesThat()
                    .resideInAPackage("io.tidetable.node..")
                    .because("app wires them; control asks for what it needs by a small interface");

    @ArchTest
    static final ArchRule nodeDoesNotSeeControl =
            noClasses()
                    .that()
                    .resideInAPackage("io.tidetable.node..")
                    .should()
                    .dependOnClassesThat()
                    .resideInAPackage("io.tidetable.control..");

    @ArchTest
    static final ArchRule nobodySeesTheExecutable =
            noClasses()
                    .that(not(resideInAPackage("io.tidetable.app..")))
                    .should()
                    .dependOnClassesThat()
                    .resideInAPackage("io.tidetable.app..");

    @ArchTest
    static final ArchRule theQueueIsPure =
            noClasses()
                    .that()
                    .resideInAPackage("io.tidetable.node.queue..")
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage("java.sql..", "java.net..", "java.nio..", "org.slf4j..")
                    .because(
                            "who goes next is decided from arguments alone, so that it can be simulated")
                    .allowEmptyShould(true);

    @ArchTest
    static final ArchRule httpServersAreOnlyInTheInterface =
            noClasses()
                    .that(not(resideInAPackage("io.tidetable.control.api..")))
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage("io.javalin..", "java.net.http..", "org.eclipse.jetty..");

    @ArchTest
    static final ArchRule jsonIsOnlyAtTheEdges =
            noClasses()
                    .that(
                            not(
                                    resideInAnyPackage(
                                            "io.tidetable.control.api..",
                                            "io.tidetable.control.document..",
                                            "io.tidetable.app.settings..")))
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage("tools.jackson..", "com.fasterxml..");

    @ArchTest
    static final ArchRule controlHasNoDatabase =
            noClasses()
                    .that()
                    .resideInAPackage("io.tidetable.control.api..")
                    .should()
                    .dependOnClassesThat()
                    .resideInAPackage("java.sql..");

    @ArchTest
    static final ArchRule embeddedServersAreForTheDemoAndTests =
            noClasses()
                    .that(
                            not(
                                    resideInAnyPackage(
                                            "io.tidetable.embedded..",
                                            "io.tidetable.testkit..",
                                            "io.tidetable.lab..",
                                            "io.tidetable.app.demo..")))
                    .should()
                    .dependOnClassesThat()
                    .resideInAPackage("io.tidetable.embedded..");

    @ArchTest
    static final ArchRule packagesHaveNoCycles =
            slices().matching("io.tidetable.(**)").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule namesSayWhatAClassIs =
            noClasses()
                    .should()
                    .haveSimpleNameEndingWith("Util")
                    .orShould()
                    .haveSimpleNameEndingWith("Utils")
                    .orShould()
                    .haveSimpleNameEndingWith("Helper")
                    .orShould()
                    .haveSimpleNameEndingWith("Manager")
                    .orShould()
                    .haveSimpleNameEndingWith("Impl")
                    .because("the name is missing: find it");

    @ArchTest
    static final ArchRule nothingMutableIsStatic = fields().that().areStatic().should().beFinal();

    @ArchTest
    static final ArchRule onlyTheExecutableWritesToTheStandardStreams =
            noClasses()
                    .that(not(resideInAPackage("io.tidetable.app..")))
                    .should()
                    .accessField(System.class, "out")
                    .orShould()
                    .accessField(System.class, "err");
}
